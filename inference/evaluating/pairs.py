"""Questions with the answers of all engines beside each other, sorted by who is right."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass

from inference.evaluating.answers import Outcome
from inference.evaluating.run import Run

SHOWN = 60  # pairs of a group that are written out
SHOWN_ALL_RIGHT = 20


@dataclass(frozen=True, slots=True)
class Group:
    """The questions that exactly these engines answered rightly: how many, and the places of some."""

    right: tuple[str, ...]
    not_right: tuple[str, ...]
    n: int
    places: tuple[int, ...]


def groups(run: Run, seed: int) -> list[Group]:
    """Every question that all engines answered in one group; those that none got right first, all right last."""
    parts: dict[tuple[bool, ...], list[int]] = defaultdict(list)
    for place in range(len(run.questions)):
        if all(place in engine.answers for engine in run.engines):
            parts[tuple(engine.answers[place].outcome is Outcome.RIGHT for engine in run.engines)].append(place)
    ordered = sorted(parts, key=lambda right: (sum(right), right))
    return [_group(run, right, parts[right], seed) for right in ordered]


def _group(run: Run, right: tuple[bool, ...], places: list[int], seed: int) -> Group:
    most = SHOWN_ALL_RIGHT if all(right) else SHOWN
    shown = sorted(random.Random(seed).sample(places, min(most, len(places))))
    names = [engine.name for engine in run.engines]
    winners = tuple(name for name, hit in zip(names, right, strict=True) if hit)
    losers = tuple(name for name, hit in zip(names, right, strict=True) if not hit)
    shown.sort(key=lambda place: run.questions[place].expected)
    return Group(winners, losers, len(places), tuple(shown))
