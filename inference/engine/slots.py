"""Which sequence has which row of the KV cache. Integers only."""

from __future__ import annotations

from dataclasses import dataclass

from inference.engine.request import Sequence


@dataclass(frozen=True, slots=True)
class Move:
    """The first `length` positions of row `source` have to be copied to row `target`."""

    source: int
    target: int
    length: int


class Slots:
    """Rows 0 .. len-1 are in use, without gaps, so that a step reads one contiguous slice of the cache."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.used: list[Sequence] = []

    @property
    def full(self) -> bool:
        return len(self.used) >= self.rows

    def take(self, sequence: Sequence) -> None:
        """Give the sequence the next row."""
        sequence.row = len(self.used)
        self.used.append(sequence)

    def release(self, sequence: Sequence) -> Move | None:
        """Take the row back; the last row closes the gap, and the runner has to copy what is returned."""
        row, last = sequence.row, self.used.pop()
        sequence.row = -1
        if last is sequence:
            return None
        self.used[row] = last
        move = Move(last.row, row, last.cached)
        last.row = row
        return move
