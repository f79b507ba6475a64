"""What the next forward pass is: some prompts, or one token for everybody. Integers only."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from inference.engine.request import Sequence
from inference.engine.slots import Move, Slots
from inference.errors import Overloaded


@dataclass(frozen=True, slots=True)
class Prefill:
    """Positions start .. end-1 of a prompt to run through the model."""

    sequence: Sequence
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Plan:
    """One step: either `prefills`, or a token for each of `decodes` (rows 0 .. B-1, in order)."""

    prefills: list[Prefill] = field(default_factory=list)
    decodes: list[Sequence] = field(default_factory=list)

    @property
    def sequences(self) -> list[Sequence]:
        return self.decodes or [prefill.sequence for prefill in self.prefills]


class Scheduler:
    """First come, first served. Prompts and decoding take turns, so neither starves the other.

    `prefill_budget` is how many prompt tokens one step may run before answers go on.
    """

    def __init__(self, max_streams: int, max_queue: int, prefill_budget: int) -> None:
        self.slots = Slots(max_streams)
        self.waiting: deque[Sequence] = deque()
        self._max_queue = max_queue
        self._budget = prefill_budget
        self._decode_next = False

    @property
    def running(self) -> list[Sequence]:
        return self.slots.used

    @property
    def idle(self) -> bool:
        return not self.waiting and not self.running

    def add(self, sequences: list[Sequence]) -> None:
        """Queue a request's candidates, all or none. Raises Overloaded."""
        free = self.slots.rows - len(self.running)
        if len(self.waiting) + len(sequences) > self._max_queue + free:
            raise Overloaded("The queue is full.")
        self.waiting.extend(sequences)

    def plan(self) -> Plan:
        """Admit whom there is room for, then choose the next pass."""
        while self.waiting and not self.slots.full:
            self.slots.take(self.waiting.popleft())
        prefills = self._prefills()
        decoding = any(not sequence.prefilling for sequence in self.running)
        if prefills and not (self._decode_next and decoding):
            self._decode_next = True
            return Plan(prefills=prefills)
        self._decode_next = False
        # A row whose prompt is not finished runs along with a token that nobody reads: its place
        # in the cache is written again by the rest of the prompt.
        return Plan(decodes=list(self.running))

    def remove(self, sequence: Sequence) -> Move | None:
        """Forget a sequence, waiting or running."""
        if sequence.row < 0:
            self.waiting.remove(sequence)
            return None
        return self.slots.release(sequence)

    def _prefills(self) -> list[Prefill]:
        budget, chosen = self._budget, []
        for sequence in self.running:
            if sequence.prefilling and budget > 0:
                end = min(len(sequence.prompt), sequence.cached + budget)
                chosen.append(Prefill(sequence, sequence.cached, end))
                budget -= end - sequence.cached
        return chosen
