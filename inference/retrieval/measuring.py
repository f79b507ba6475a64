"""How long retrieval takes with many articles: made-up ones, as the time depends on their number and length alone."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from inference.knowledge import Document, KnowledgeBase
from inference.retrieval import Options
from inference.retrieval.index import Index, Library
from inference.retrieval.meaning import DIMENSIONS, compress, load
from inference.retrieval.senses import Senses

ARTICLES = 10_000
EXAMPLES = 3
EDITS = 5
QUERIES = 100
LANGUAGES = ("en", "zh-hans")
NEW_WORD = "zzyzxq"


@dataclass(frozen=True, slots=True)
class RetrievalRow:
    """One measurement. `edit_ms` is from a changed article to the index that finds it, the slowest of some."""

    method: str
    articles: int
    build_s: float
    edit_ms: float
    query_ms_p50: float
    query_ms_p95: float


def run(articles: int = ARTICLES, queries: int = QUERIES) -> list[RetrievalRow]:
    """Words alone, and with meaning where it is installed: random vectors for articles, real ones for questions."""
    rng = random.Random(7)
    documents = tuple(_documents(rng, articles))
    library = Library(Options(meaning="off"))
    begin = time.perf_counter()
    index = library.index(KnowledgeBase("0", documents))
    build_s = time.perf_counter() - begin
    edit_ms = max(_edit(library, documents, number) for number in range(EDITS))
    texts = [_text(rng, rng.choice(LANGUAGES), 12) for _ in range(queries)]
    rows = [_row("words", articles, build_s, edit_ms, _times(index, texts))]
    model = load()
    if model is not None:
        index = Index(index.entries, index.words, _random_senses(index), model)
        rows.append(_row("words and meaning", articles, build_s, edit_ms, _times(index, texts)))
    return rows


def _edit(library: Library, documents: tuple[Document, ...], number: int) -> float:
    """Milliseconds until a word that one article has just got finds it."""
    word = NEW_WORD + "abcdefghij"[number]
    changed = replace(documents[number], question=f"What is {word}?", revision=documents[number].revision + 1)
    begin = time.perf_counter()
    index = library.index(KnowledgeBase(word, (*documents[:number], changed, *documents[number + 1 :])))
    hits = index.search(word)
    if [hit.slug for hit in hits] != [changed.slug]:
        raise AssertionError("an edit is not found")
    return 1000 * (time.perf_counter() - begin)


def _times(index: Index, texts: list[str]) -> list[float]:
    index.search(texts[0])
    found = []
    for text in texts[1:]:
        begin = time.perf_counter()
        index.search(text)
        found.append(1000 * (time.perf_counter() - begin))
    return sorted(found)


def _row(method: str, articles: int, build_s: float, edit_ms: float, times: list[float]) -> RetrievalRow:
    p95 = times[min(len(times) - 1, int(0.95 * len(times)))]
    return RetrievalRow(
        method, articles, round(build_s, 2), round(edit_ms, 1), round(statistics.median(times), 2), round(p95, 2)
    )


def _random_senses(index: Index) -> Senses:
    rng = np.random.default_rng(7)
    rows = {}
    for entry, document in index.entries.items():
        vectors = rng.standard_normal((1 + len(document.examples), DIMENSIONS), dtype=np.float32)
        rows[entry] = compress(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    return Senses().changed((), rows)


def _documents(rng: random.Random, articles: int) -> Iterator[Document]:
    for number in range(articles):
        for language in LANGUAGES:
            examples = tuple(_text(rng, language, 10) for _ in range(EXAMPLES))
            answer = _text(rng, language, 60)
            yield Document(f"article-{number}", language, _text(rng, language, 9), answer, examples, ("tag",))


def _text(rng: random.Random, language: str, words: int) -> str:
    """Words as frequent as in a language: the second half as often as the first, and so on."""
    ranks = [int(rng.paretovariate(1.0)) for _ in range(words)]
    if language == "en":
        return " ".join(f"w{rank % 20_000}" for rank in ranks)
    return "".join(chr(0x4E00 + rank % 3_000) for rank in ranks for _ in (0, 1))
