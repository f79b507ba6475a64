"""Questions that mean about the same, put together by their letters and words.

Tried on customer questions of known topic, 1,000 English ones of 77 topics: pieces of words put questions together
whose topic is the same in 5 of 10 pairs and find a sixth of such pairs; whole words found fewer. Chinese is the other
way round: whole characters and pairs of them. Vectors of meaning found twice as many, at 15 ms a question.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chat.enums import Language
from inference.retrieval.text import normalise, terms

# The average distance within a group, of cosines of weighted pieces.
NEAR = {Language.ENGLISH: 0.68, Language.CHINESE: 0.8}
PIECES = (2, 5)  # letters


def groups(texts: Sequence[str], language: Language) -> list[int]:
    """The group's number for each text. The work grows with the square of their number: give a few thousand."""
    if len(texts) < 2:
        return [0] * len(texts)
    from sklearn.cluster import AgglomerativeClustering
    from sklearn.metrics.pairwise import cosine_distances

    distances = cosine_distances(_vectorizer(language).fit_transform(texts))
    found = AgglomerativeClustering(
        n_clusters=None, distance_threshold=NEAR[language], metric="precomputed", linkage="average"
    )
    return [int(number) for number in found.fit_predict(distances)]


def _vectorizer(language: Language) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    if language == Language.CHINESE:
        return TfidfVectorizer(analyzer=_terms, sublinear_tf=True)
    return TfidfVectorizer(analyzer="char_wb", ngram_range=PIECES, preprocessor=normalise, sublinear_tf=True)


def _terms(text: str) -> list[str]:
    return terms(text) or [text]
