"""Votes counted by question, in memory that does not grow with their number.

An interval has to respect that votes on one question belong together. So whole questions are drawn anew, not
votes; and since most questions have one of a few patterns of votes, it is enough to know how often each pattern
occurs, and to draw from those.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from chat.review.enums import Outcome

FORMER, LATTER, TIE, BOTH_BAD = "former", "latter", "tie", "both_bad"


# Some votes of one question that say the same: its key, the topic, both engines, the outcome, how many.
Row = tuple[str, str, str, str, str, int]


class Cell(NamedTuple):
    """What a vote can say about two engines, in the order of their names."""

    former: str
    latter: str
    result: str


@dataclass(slots=True)
class Topic:
    """The votes on one article's questions: how many of each kind, and on how many questions each pair stands."""

    votes: Counter[Cell] = field(default_factory=Counter)
    prompts: Counter[tuple[str, str]] = field(default_factory=Counter)


@dataclass(slots=True)
class Tally:
    """`patterns` counts the questions by the votes that they have."""

    patterns: Counter[tuple[tuple[Cell, int], ...]] = field(default_factory=Counter)
    topics: dict[str, Topic] = field(default_factory=lambda: defaultdict(Topic))

    @property
    def prompts(self) -> int:
        """How many questions."""
        return self.patterns.total()

    def votes(self) -> Counter[Cell]:
        """How many votes of each kind."""
        found: Counter[Cell] = Counter()
        for pattern, questions in self.patterns.items():
            for cell, votes in pattern:
                found[cell] += votes * questions
        return found

    def add(self, rows: Iterable[Row]) -> None:
        """Count one question."""
        pattern: dict[Cell, int] = {}
        pairs: set[tuple[str, str, str]] = set()
        for _key, topic, first, second, outcome, votes in rows:
            cell = _cell(first, second, outcome)
            pattern[cell] = pattern.get(cell, 0) + votes
            self.topics[topic].votes[cell] += votes
            if cell.result != BOTH_BAD:
                pairs.add((topic, cell.former, cell.latter))
        self.patterns[tuple(sorted(pattern.items()))] += 1
        for topic, former, latter in pairs:
            self.topics[topic].prompts[former, latter] += 1


def tally(rows: Iterable[Row]) -> Tally:
    """Count rows that come question by question."""
    found = Tally()
    for _key, group in groupby(rows, key=itemgetter(0)):
        found.add(group)
    return found


@lru_cache(maxsize=1024)
def _cell(first: str, second: str, outcome: str) -> Cell:
    former, latter = sorted((first, second))
    if outcome in (Outcome.TIE, Outcome.BOTH_BAD):
        return Cell(former, latter, TIE if outcome == Outcome.TIE else BOTH_BAD)
    winner = first if outcome == Outcome.FIRST else second
    return Cell(former, latter, FORMER if winner == former else LATTER)
