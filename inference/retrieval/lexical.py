"""Scoring by words: BM25 over each question on its own, so that an edit touches only its own article.

Measured (right article first, mean of an article's best pieces; BANKING77 validation with its training questions,
with the articles' own examples only, Chinese; then for 100,000 pieces: build, an edit, one query):
FIGURES
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log1p

import tantivy

from inference.knowledge import Document
from inference.retrieval.text import Vocabulary, terms

ASKED, ANSWER, TAGS = "asked", "answer", "tags"
QUESTION, EXAMPLE = "question", "example"
FIELDS = (ASKED, ANSWER, TAGS)
# What the answer and the tags add to the score of the questions.
WEIGHTS = {ASKED: 1.0, ANSWER: 0.15, TAGS: 0.05}
BEST_PIECES = tuple(0.8**rank for rank in range(8))  # how much each of an article's best pieces counts
PIECES = 400  # looked at for one query
MOST_CHARACTERS = 2000  # of one query that are read at all
MOST_TERMS = 96  # of one query: a pasted page asks no more than its beginning does
K1 = 1.2  # tantivy's, for the highest score that a query can reach
_PLACES = 1 << 12  # an entry's questions are told apart by its number times this


@dataclass(frozen=True, slots=True)
class Match:
    """How well an entry's words fit, 0 to 1, and the field that fits best."""

    score: float
    field: str


class Words:
    """The documents' words as of one moment: later changes to the store do not reach it."""

    def __init__(self, store: WordStore, sizes: dict[int, int]) -> None:
        self._searcher = store.index.searcher()
        self._schema = store.index.schema
        self._sizes = sizes  # questions by entry
        self._pieces = max(1, sum(sizes.values()))
        self._counts = store.counts.copy()
        self._vocabulary: Vocabulary | None = None

    def query(self, text: str) -> dict[str, str]:
        """The query's terms as they are known here, each with the term that was written."""
        wanted = list(dict.fromkeys(terms(text[:MOST_CHARACTERS])))[:MOST_TERMS]
        return {self.vocabulary.correct(term): term for term in wanted}

    @property
    def vocabulary(self) -> Vocabulary:
        """All terms; made when the first question needs it."""
        if self._vocabulary is None:
            self._vocabulary = Vocabulary(self._counts)
        return self._vocabulary

    def weight(self, term: str) -> float:
        """How telling a term is: its inverse document frequency among all questions."""
        frequency = min(self._pieces, self._searcher.doc_freq(ASKED, term))
        return log1p((self._pieces - frequency + 0.5) / (frequency + 0.5))

    def scores(self, query: Iterable[str]) -> dict[int, Match]:
        """By entry: nothing that shares no term is among them."""
        query = list(query)
        highest = (K1 + 1) * sum(self.weight(term) for term in query)
        found: dict[int, Match] = {}
        for field in FIELDS if query else ():
            for entry, score, name in self._field(field, query):
                before = found.get(entry)
                total = WEIGHTS[field] * score / highest + (before.score if before else 0.0)
                found[entry] = Match(min(1.0, total), before.field if before else name)
        return found

    def _field(self, field: str, query: Sequence[str]) -> Iterable[tuple[int, float, str]]:
        """Entry, score and the field's name for people."""
        hits = self._search(field, query)
        if field != ASKED:
            return [(place // _PLACES, score, field) for place, score in hits]
        pieces: dict[int, list[float]] = {}
        names: dict[int, str] = {}
        for place, score in hits:
            entry, piece = divmod(place, _PLACES)
            pieces.setdefault(entry, []).append(score)
            names.setdefault(entry, EXAMPLE if piece else QUESTION)
        return [(entry, mean_of_best(best, self._sizes[entry]), names[entry]) for entry, best in pieces.items()]

    def _search(self, field: str, query: Sequence[str]) -> Iterable[tuple[int, float]]:
        """Place and score of the best pieces, best first."""
        should = [(tantivy.Occur.Should, tantivy.Query.term_query(self._schema, field, term, "freq")) for term in query]
        hits = self._searcher.search(tantivy.Query.boolean_query(should), PIECES, count=False).hits
        places = self._searcher.fast_field_values("place", [address for _, address in hits])
        return [(int(place or 0), score) for place, (score, _) in zip(places, hits, strict=True)]


def mean_of_best(best: Sequence[float], size: int) -> float:
    """The weighted mean of the best of an article's `size` pieces; `best` comes best first, the rest count nothing.

    A mean, because three examples that fit must not lose against thirty that fit a little.
    """
    weights = BEST_PIECES[: max(1, min(size, len(BEST_PIECES)))]
    return sum(weight * score for weight, score in zip(weights, best, strict=False)) / sum(weights)


class WordStore:
    """The index in memory that is kept up to date; `snapshot` is what queries read."""

    def __init__(self) -> None:
        builder = tantivy.SchemaBuilder()
        builder.add_integer_field("entry", indexed=True).add_integer_field("place", fast=True)
        for field in FIELDS:
            builder.add_text_field(field, tokenizer_name="terms", index_option="freq")
        self.schema = builder.build()
        self.index = tantivy.Index(self.schema)
        analyzer = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        self.index.register_tokenizer("terms", analyzer)
        self.counts: Counter[str] = Counter()

    def change(self, removed: dict[int, Document], added: dict[int, Document]) -> None:
        """Take documents out and in, by their entries' numbers."""
        # One writing thread: the other core is for the pages.
        with self.index.writer(heap_size=32_000_000, num_threads=1) as writer:
            for entry, document in removed.items():
                writer.delete_documents_by_term("entry", entry)
                self.counts -= Counter(_all_terms(document))
            for entry, document in added.items():
                self._add(writer, entry, document)
        self.index.reload()

    def _add(self, writer: tantivy.IndexWriter, entry: int, document: Document) -> None:
        for piece, text in enumerate((document.question, *document.examples)):
            self._write(writer, entry, min(piece, _PLACES - 1), {ASKED: terms(text)})
        body = {ANSWER: terms(document.answer), TAGS: terms(" ".join(document.tags))}
        self._write(writer, entry, 0, body)

    def _write(self, writer: tantivy.IndexWriter, entry: int, piece: int, fields: dict[str, list[str]]) -> None:
        numbers = {"entry": entry, "place": entry * _PLACES + piece}
        texts = {field: " ".join(found) for field, found in fields.items()}
        writer.add_document(tantivy.Document.from_dict(numbers | texts, self.schema))
        for found in fields.values():
            self.counts.update(found)


def _all_terms(document: Document) -> list[str]:
    texts = (document.question, *document.examples, document.answer, *document.tags)
    return [term for text in texts for term in terms(text)]
