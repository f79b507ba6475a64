"""Gives an index its vectors in the background, a few texts at a time, from a cache where they are known."""

from __future__ import annotations

import logging
import threading
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from inference.engine.thread import in_background
from inference.knowledge import Document
from inference.retrieval.meaning import Meaning, Rows, VectorCache, load

if TYPE_CHECKING:
    from inference.retrieval.index import Index

logger = logging.getLogger(__name__)

SLICE = 16  # texts embedded at once: a fraction of a second, so that nothing waits long behind them
SHOW_EVERY = 64  # documents after which what was embedded so far begins to count


class Embedder:
    """Works on the latest index it was given; the one before is left as it is."""

    def __init__(self, cache: Path | None = None) -> None:
        self._path = cache
        self._cache: VectorCache | None = None
        self._lock = threading.Lock()
        self._idle = threading.Event()
        self._idle.set()
        self._index: Index | None = None
        self._todo: deque[int] = deque()
        self._done: dict[int, Rows] = {}

    def follow(self, index: Index) -> None:
        """Begin with that index's missing vectors."""
        with self._lock:
            self._index = index
            self._todo = deque(entry for entry in index.entries if entry not in index.senses)
            self._done = {}
            if self._todo and self._idle.is_set():
                self._idle.clear()
                in_background(self._step)

    def settle(self, timeout_s: float | None = None) -> bool:
        """Wait for the last vector; False when it has not come in time."""
        return self._idle.wait(timeout_s)

    def _step(self) -> None:
        """One slice, then the next one behind whatever else waits."""
        try:
            more = self._slice()
        except Exception as error:  # a deployment without meaning still answers by words
            logger.error("Embedding ended: %s", type(error).__name__)
            more = False
        with self._lock:
            if more and self._todo:
                try:
                    in_background(self._step)
                    return
                except RuntimeError:
                    logger.debug("The process ends.")
            self._idle.set()

    def _slice(self) -> bool:
        """Embed some texts of the next document; False without a model."""
        model = load()
        if model is None:
            return False
        if self._cache is None:
            self._cache = VectorCache(self._path)
        with self._lock:
            if self._index is None or not self._todo:  # a newer index knows everything already
                return False
            index, entry = self._index, self._todo[0]
        texts = _texts(index.entries[entry])
        missing = self._cache.missing(texts)[:SLICE]
        if missing:
            self._cache.put(missing, model.embed(missing))
        if len(missing) < SLICE:
            self._finish(index, entry, self._cache.rows(texts), model)
        return True

    def _finish(self, index: Index, entry: int, rows: Rows, model: Meaning) -> None:
        with self._lock:
            if self._index is not index:
                return
            self._todo.popleft()
            self._done[entry] = rows
            if self._todo and len(self._done) < SHOW_EVERY:
                return
            done, self._done = self._done, {}
            ended = not self._todo
        index.model, index.senses = model, index.senses.changed((), done)
        if ended and self._cache is not None:
            self._cache.tidy(text for document in index.entries.values() for text in _texts(document))


def _texts(document: Document) -> list[str]:
    return [document.question, *document.examples]
