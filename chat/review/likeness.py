"""Questions that mean about the same, put together by their words."""

from __future__ import annotations

from collections.abc import Sequence

from inference.retrieval.text import terms

# Average distance within a group, of cosines of weighted terms; chosen on customer questions whose topic is known.
NEAR = 0.72


def groups(texts: Sequence[str], near: float = NEAR) -> list[int]:
    """The group's number for each text. The work grows with the square of their number: give a few thousand."""
    if len(texts) < 2:
        return [0] * len(texts)
    import numpy
    from sklearn.cluster import AgglomerativeClustering
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.metrics.pairwise import cosine_distances

    vectorizer = TfidfVectorizer(analyzer=_analyse, sublinear_tf=True, dtype=numpy.float32)
    distances = cosine_distances(vectorizer.fit_transform(texts))
    found = AgglomerativeClustering(n_clusters=None, distance_threshold=near, metric="precomputed", linkage="average")
    return [int(number) for number in found.fit_predict(distances)]


def _analyse(text: str) -> list[str]:
    return terms(text) or [text]
