"""What readers find: articles for words that they typed, and articles beside the one that they read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from asgiref.sync import async_to_sync
from rapidfuzz import fuzz, process

from chat.enums import Language
from chat.knowledge.drafts import TextDraft
from chat.knowledge.excerpts import Pieces, excerpt, marked
from chat.knowledge.queries import ListedArticle, published_list, published_texts
from inference.knowledge import current
from inference.retrieval.index import Hit, Index, current_index
from inference.retrieval.text import is_chinese, normalise

RESULTS = 10
RELATED = 4
CLOSEST = 3
TELLING = 0.5  # of the weight of the rarest word: what is less telling is not what somebody looks for
MEANT = 0.3  # the score from which an article counts that shares no telling word with the question
LEAST = 0.4  # of the best one's score
ALIKE = 50  # of 100: below that, a title has nothing in common with what was typed

Texts = dict[Language, TextDraft]


@dataclass(frozen=True, slots=True)
class Result:
    """An article that was found, with the found words marked; `language` is that of both."""

    slug: str
    language: Language
    title: Pieces
    excerpt: Pieces


def find(words: str, language: Language) -> list[Result]:
    """The best articles for these words; none rather than some that have little to do with them.

    Whoever writes Chinese is shown Chinese, everybody else the language of the page, where an article has it.
    """
    found = _index()
    wanted = Language.CHINESE if is_chinese(words) else language
    query = found.words.query(words)
    telling, shown = _telling(found, query), _worth_a_mark(found, query)
    hits = [hit for hit in found.search(words, k=RESULTS) if hit.score >= MEANT or telling & _terms(found, hit)]
    texts = published_texts(hit.slug for hit in hits)
    return [
        _result(hit.slug, texts[hit.slug], wanted, shown)
        for hit in hits
        if hit.slug in texts and hit.score >= LEAST * hits[0].score  # the index may still have what was taken back
    ]


def closest(words: str, language: Language) -> list[ListedArticle]:
    """What comes nearest when nothing was found: by any word at all, else by the look of the titles."""
    slugs = [hit.slug for hit in _index().search(words, k=CLOSEST)]
    return _listed(slugs, language) or _alike(words, language)


def related(slug: str, question: str, language: Language) -> list[ListedArticle]:
    """Articles about things near to this one's question."""
    slugs = [hit.slug for hit in _index().search(question, k=RELATED + 1) if hit.slug != slug]
    return _listed(slugs, language)[:RELATED]


def _index() -> Index:
    return async_to_sync(_current)()


async def _current() -> Index:
    return await current_index(await current())


def _telling(found: Index, terms: Iterable[str]) -> frozenset[str]:
    """Those that say most, as the articles spell them: an unknown word says more than any other."""
    weights = {term: found.words.weight(term) for term in terms}
    least = max(weights.values(), default=0.0) * TELLING
    return frozenset(term for term, weight in weights.items() if weight >= least)


def _worth_a_mark(found: Index, terms: Iterable[str]) -> frozenset[str]:
    """The telling ones of those that articles have; of Chinese all, because only pairs of characters are marked."""
    known = [term for term in terms if found.words.knows(term)]
    return _telling(found, known) | frozenset(term for term in known if is_chinese(term))


def _terms(found: Index, hit: Hit) -> set[str]:
    return set(found.words.query(" ".join(hit.matched)))


def _alike(words: str, language: Language) -> list[ListedArticle]:
    articles = published_list(language)
    titles = [article.title for article in articles]
    found = process.extract(words, titles, scorer=fuzz.WRatio, processor=normalise, limit=CLOSEST, score_cutoff=ALIKE)
    return [articles[position] for _title, _score, position in found]


def _result(slug: str, texts: Texts, wanted: Language, shown: frozenset[str]) -> Result:
    language, text = _in(texts, wanted)
    return Result(slug, language, marked(text.question, shown), excerpt(text.answer, shown))


def _listed(slugs: list[str], language: Language) -> list[ListedArticle]:
    """Those that are published, in this order, with titles in the language or in one that there is."""
    texts = published_texts(slugs)
    found = [(slug, *_in(texts[slug], language)) for slug in slugs if slug in texts]
    return [ListedArticle(slug, shown, text.question, ()) for slug, shown, text in found]


def _in(texts: Texts, language: Language) -> tuple[Language, TextDraft]:
    """The text in this language, or in one that there is, and which."""
    shown = language if language in texts else next(iter(texts))
    return shown, texts[shown]
