"""Scoring by words: BM25 over each question on its own, so that an edit touches only its own article.

Right article first on BANKING77's validation questions (992) with its training questions as examples / with the
articles' own examples alone / Chinese (462), scored alike, and seconds to index 100,000 texts: tantivy 86.8 / 61.0 /
65.4 in 2; bm25s 86.4 / 63.0 / 64.3 in 5 to 15, all of it again for every edit; scikit-learn's TF-IDF 86.1 / 62.5 /
61.9; SQLite's FTS5 86.1 / 62.8 / 64.1 in 2, and 35 to 120 ms a query where the others take 1 to 8. So tantivy, for
its edits: they take milliseconds. With answers, tags and both languages it is 86.8 / 63.6 / 65.4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
PIECES = 200  # looked at for one query; 800 found no more
MOST_CHARACTERS = 2000  # of one query that are read at all
MOST_TERMS = 96  # of one query: a pasted page asks no more than its beginning does
K1 = 1.2  # tantivy's, for the highest score that a query can reach
SHORTEST = 4  # letters of a word that others are corrected to
_PLACES = 1 << 12  # an entry's questions are told apart by its number times this


@dataclass(frozen=True, slots=True)
class Match:
    """How well an entry's words fit, 0 to 1, and the field that fits best."""

    score: float
    field: str


class Words:
    """The documents' words as of one moment: later changes to the store do not reach it."""

    def __init__(self, store: WordStore, sizes: Mapping[int, int]) -> None:
        self._parts = [LanguageWords(index, sizes) for index in store.indexes.values()]
        self._counts = {term: count for term, count in store.counts.items() if count > 0}
        self._vocabulary: Vocabulary | None = None

    def query(self, text: str) -> dict[str, str]:
        """The query's terms as they are known here, each with the term that was written."""
        wanted = list(dict.fromkeys(terms(text[:MOST_CHARACTERS])))[:MOST_TERMS]
        return {term if self.knows(term) else self._corrected(term): term for term in wanted}

    def knows(self, term: str) -> bool:
        """Whether any document has it."""
        return any(part.knows(term) for part in self._parts)

    def _corrected(self, term: str) -> str:
        if self._vocabulary is None:
            self._vocabulary = Vocabulary(self._counts)
        return self._vocabulary.correct(term)

    def weight(self, term: str) -> float:
        """How telling a term is: its inverse document frequency among all questions of all languages."""
        return _inverse(sum(part.frequency(term) for part in self._parts), sum(part.rows for part in self._parts))

    def scores(self, query: Iterable[str]) -> dict[int, Match]:
        """By entry: nothing that shares no term is among them."""
        query = list(query)
        return {entry: match for part in self._parts for entry, match in part.scores(query).items()}


class LanguageWords:
    """One language's part: how long and how rare words are is another matter in each."""

    def __init__(self, index: tantivy.Index, sizes: Mapping[int, int]) -> None:
        self._searcher = index.searcher()
        self._schema = index.schema
        self._sizes = sizes  # questions by entry
        self.rows = self._searcher.num_docs

    def frequency(self, term: str) -> int:
        """How many questions have a term; what was taken out counts until the library tidies up."""
        return min(self.rows, self._searcher.doc_freq(ASKED, term))

    def knows(self, term: str) -> bool:
        """Whether any document of the language has it, in whatever field."""
        return any(self._searcher.doc_freq(field, term) for field in FIELDS)

    def scores(self, query: Sequence[str]) -> dict[int, Match]:
        """By entry, as shares of the highest score that the query can reach."""
        highest = (K1 + 1) * sum(_inverse(self.frequency(term), self.rows) for term in query)
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


def _inverse(frequency: int, rows: int) -> float:
    """The inverse document frequency as BM25 has it."""
    return log1p((rows - frequency + 0.5) / (frequency + 0.5))


def mean_of_best(best: Sequence[float], size: int) -> float:
    """The weighted mean of the best of an article's `size` pieces; `best` comes best first, the rest count nothing.

    A mean, because three examples that fit must not lose against thirty that fit a little.
    """
    weights = BEST_PIECES[: max(1, min(size, len(BEST_PIECES)))]
    return sum(weight * score for weight, score in zip(weights, best, strict=False)) / sum(weights)


class WordStore:
    """An index in memory for each language, kept up to date; queries read a `Words` of it."""

    def __init__(self) -> None:
        self.schema = _schema()
        self.indexes: dict[str, tantivy.Index] = {}
        self.counts: Counter[str] = Counter()

    def change(self, removed: Mapping[int, Document], added: Mapping[int, Document]) -> None:
        """Take documents out and in, by their entries' numbers."""
        for language in {document.language for document in (*removed.values(), *added.values())}:
            self._change(language, _of(removed, language), _of(added, language))

    def _change(self, language: str, removed: dict[int, Document], added: dict[int, Document]) -> None:
        index = self.indexes.get(language) or _empty(self.schema)
        # One writing thread: the other core is for the pages.
        with index.writer(heap_size=32_000_000, num_threads=1) as writer:
            for entry, document in removed.items():
                writer.delete_documents_by_term("entry", entry)
                self.counts.subtract(_long(_all_terms(document)))
            for entry, document in added.items():
                self._add(writer, entry, document)
        index.reload()
        self.indexes = self.indexes | {language: index}

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
            self.counts.update(_long(found))


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("entry", indexed=True).add_integer_field("place", fast=True)
    for field in FIELDS:
        builder.add_text_field(field, tokenizer_name="terms", index_option="freq")
    return builder.build()


def _empty(schema: tantivy.Schema) -> tantivy.Index:
    index = tantivy.Index(schema)
    analyzer = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    index.register_tokenizer("terms", analyzer)
    return index


def _of(documents: Mapping[int, Document], language: str) -> dict[int, Document]:
    return {entry: document for entry, document in documents.items() if document.language == language}


def _long(found: Iterable[str]) -> list[str]:
    """What a misspelt word can be corrected to: neither numbers nor Chinese nor short words."""
    return [term for term in found if len(term) >= SHORTEST and term.isalpha()]


def _all_terms(document: Document) -> list[str]:
    texts = (document.question, *document.examples, document.answer, " ".join(document.tags))
    return [term for text in texts for term in terms(text)]
