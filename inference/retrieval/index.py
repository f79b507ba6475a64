"""Questions to articles: the words' score and, where there is one, the meaning's, made one.

A `Library` keeps what was computed and follows the knowledge base; an `Index` is one moment of it. An edit costs
milliseconds: only the documents that differ are taken out and in. Vectors come later, made in the background; until
then the words serve alone.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from inference.engine.thread import off_loop
from inference.knowledge import EMPTY, Document, KnowledgeBase
from inference.retrieval import Options, options
from inference.retrieval.embedder import Embedder
from inference.retrieval.lexical import Match, Words, WordStore
from inference.retrieval.meaning import Meaning, available
from inference.retrieval.senses import Senses
from inference.retrieval.text import is_chinese, terms, written

MEANING = "meaning"
MEANING_SHARE = 0.65  # of the score, the words have the rest
OTHER_LANGUAGE = 0.9  # what an article in another language than the question's keeps of its score
ALSO = 20  # entries found by words whose meaning is looked at too


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that may answer. `matched` are the question's words that are in it, in the question's order;
    `field` is where it fits best: "question", "example", "answer", "tags" or "meaning".
    """

    slug: str
    language: str
    score: float
    matched: tuple[str, ...] = ()
    field: str = ""


class Index:
    """What can be found at one moment."""

    def __init__(
        self, entries: dict[int, Document], words: Words, senses: Senses | None = None, model: Meaning | None = None
    ) -> None:
        self.entries = entries
        self.words = words
        # Both come in the background: a model, and senses that grow until all entries are among them.
        self.senses = senses or Senses()
        self.model = model

    @staticmethod
    def of(knowledge: KnowledgeBase) -> Index:
        """The index of that knowledge base from this process's library."""
        return default().index(knowledge)

    def search(self, text: str, language: str = "", k: int = 5, by_meaning: bool = True) -> list[Hit]:
        """The best articles, best first, each once. `language` (else the text's own) comes before the other.

        With meaning it takes some ten milliseconds: `search_off_loop` is for event loops.
        """
        query = self.words.query(text)
        matches = self.words.scores(query)
        by_words = {entry: match.score for entry, match in matches.items()}
        scored = self._fused(text, by_words) if by_meaning else by_words
        language = language or ("zh-hans" if is_chinese(text) else "en")
        best: dict[str, tuple[float, int]] = {}
        for entry, score in scored.items():
            document = self.entries[entry]
            score = score if document.language == language else OTHER_LANGUAGE * score
            best[document.slug] = max(best.get(document.slug, (0.0, 0)), (score, entry))
        ranked = sorted(best.values(), reverse=True)[:k]
        return [self._hit(entry, score, text, query, matches) for score, entry in ranked if score > 0]

    async def search_off_loop(self, text: str, language: str = "", k: int = 5) -> list[Hit]:
        """`search`, without holding up the event loop."""
        return await off_loop(self.search, text, language, k)

    def _fused(self, text: str, by_words: dict[int, float]) -> dict[int, float]:
        senses = self.senses
        if self.model is None or not len(senses) or not text.strip():
            return by_words
        also = sorted(by_words, key=lambda entry: by_words[entry], reverse=True)[:ALSO]
        by_meaning = senses.scores(self.model.embed([text])[0], also)
        fused = {
            entry: MEANING_SHARE * score + (1 - MEANING_SHARE) * by_words.get(entry, 0.0)
            for entry, score in by_meaning.items()
        }
        return fused | {entry: score for entry, score in by_words.items() if entry not in senses}

    def _hit(self, entry: int, score: float, text: str, query: Mapping[str, str], matches: dict[int, Match]) -> Hit:
        document = self.entries[entry]
        own = _terms_of(document)
        matched = written(text, {as_written for term, as_written in query.items() if term in own})
        field = matches[entry].field if entry in matches else MEANING
        return Hit(document.slug, document.language, round(score, 4), tuple(matched), field)


class Library:
    """Follows one stream of knowledge bases, from any thread."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self._embedder = Embedder(options.cache) if options.meaning == "auto" and available() else None
        self._store = WordStore()
        self._lock = threading.Lock()
        self._current = EMPTY, Index({}, Words(self._store, {}))
        self._next = 0

    def index(self, knowledge: KnowledgeBase) -> Index:
        """The index of that knowledge base; the same object as long as that is the latest one asked for."""
        with self._lock:
            if knowledge is not self._current[0]:
                index = self._changed(knowledge)
                self._current = knowledge, index
                if self._embedder is not None:
                    self._embedder.follow(index)
            return self._current[1]

    def ready(self, knowledge: KnowledgeBase) -> Index | None:
        """The index of that knowledge base if it is there; never waits for one that is being made."""
        latest, index = self._current
        return index if latest is knowledge else None

    def settle(self, timeout_s: float | None = None) -> bool:
        """Wait until the latest index has all its vectors (evaluation and the benchmark do); False when it has not."""
        return self._embedder is None or self._embedder.settle(timeout_s)

    def _changed(self, knowledge: KnowledgeBase) -> Index:
        latest = self._current[1]
        entries, senses = latest.entries, latest.senses
        removed, new = _difference(entries, knowledge)
        if len(removed) > len(entries) // 2:  # another business: begin anew rather than carry the old one's leftovers
            self._store, entries, removed, senses = WordStore(), {}, {}, Senses()
            new = list(knowledge.documents)
        added = dict(enumerate(new, self._next))
        self._next += len(added)
        self._store.change(removed, added)
        entries = {entry: document for entry, document in entries.items() if entry not in removed} | added
        sizes = {entry: 1 + len(document.examples) for entry, document in entries.items()}
        return Index(entries, Words(self._store, sizes), senses.changed(removed, {}), latest.model)


def _difference(
    entries: Mapping[int, Document], knowledge: KnowledgeBase
) -> tuple[dict[int, Document], list[Document]]:
    """(entries that are no longer in the knowledge base, its documents that are no entries)."""
    before = {(document.slug, document.language): entry for entry, document in entries.items()}
    new, kept = [], set()
    for document in knowledge.documents:
        entry = before.get((document.slug, document.language))
        if entry is None or entries[entry] != document:
            new.append(document)
        else:
            kept.add(entry)
    return {entry: document for entry, document in entries.items() if entry not in kept}, new


@lru_cache(maxsize=4096)
def _terms_of(document: Document) -> frozenset[str]:
    texts = (document.question, *document.examples, document.answer, *document.tags)
    return frozenset(term for text in texts for term in terms(text))


_default: Library | None = None


def default() -> Library:
    """This process's library, made as the options say."""
    global _default
    if _default is None or _default.options != options():
        _default = Library(options())
    return _default


async def current_index(knowledge: KnowledgeBase) -> Index:
    """Index.of for an event loop."""
    ready = default().ready(knowledge)
    return ready if ready is not None else await off_loop(Index.of, knowledge)
