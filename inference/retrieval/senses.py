"""Which articles mean what a question means: the vectors of their questions, searched in two steps.

First the middle of each article's questions, then every question of the nearest articles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from inference.retrieval.lexical import mean_of_best
from inference.retrieval.meaning import DIMENSIONS, Rows, Vectors, expand

NEAREST = 20  # articles whose questions are looked at one by one; 100 found no more
# E5's cosines are narrow: unrelated texts have about this one.
UNRELATED = 0.8


class Senses:
    """The vectors of some entries. Never changed: `changed` gives another one."""

    def __init__(self, rows: Mapping[int, Rows] | None = None) -> None:
        self._rows = dict(rows or {})
        self._entries = np.array(list(self._rows), dtype=np.int64)
        self._middles = np.zeros((len(self._rows), DIMENSIONS), dtype=np.float32)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, entry: int) -> bool:
        return entry in self._rows

    def changed(self, removed: Iterable[int], added: Mapping[int, Rows]) -> Senses:
        """Without some entries and with others; what stays is not computed again."""
        gone = {entry for entry in (*removed, *added) if entry in self._rows}
        kept = np.array([entry not in gone for entry in self._rows], dtype=bool)
        other = Senses()
        other._rows = {entry: rows for entry, rows in self._rows.items() if entry not in gone} | dict(added)
        other._entries = np.array(list(other._rows), dtype=np.int64)
        middles = [expand(rows).mean(axis=0, keepdims=True) for rows in added.values()]
        other._middles = np.concatenate([self._middles[kept], *middles])
        return other

    def scores(self, vector: NDArray[np.float32], also: Iterable[int] = ()) -> dict[int, float]:
        """By entry, 0 to 1: the nearest ones, and those of `also` that are known here."""
        if not self._rows:
            return {}
        near = self._middles @ vector
        best = np.argpartition(-near, NEAREST)[:NEAREST] if len(near) > NEAREST else np.arange(len(near))
        entries = dict.fromkeys([*self._entries[best].tolist(), *(entry for entry in also if entry in self._rows)])
        return self._exact(list(entries), vector)

    def _exact(self, entries: list[int], vector: NDArray[np.float32]) -> dict[int, float]:
        matrices = [self._rows[entry] for entry in entries]
        cosines: Vectors = expand(np.concatenate(matrices)) @ vector
        found, start = {}, 0
        for entry, matrix in zip(entries, matrices, strict=True):
            own = np.sort(cosines[start : start + len(matrix)])[::-1]
            start += len(matrix)
            nearness = mean_of_best(own.tolist(), len(matrix))
            found[entry] = min(1.0, max(0.0, (nearness - UNRELATED) / (1.0 - UNRELATED)))
        return found
