"""What a scorecard is worth, and when two of them differ. Pure: no rows are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from chat.review.enums import ReviewVerdict

HALF = 0.5
GOOD = 0.75

# Levels by the key of the criterion; None where it does not apply.
Levels = Mapping[str, int | None]


class Rated(Protocol):
    """What is needed of a criterion."""

    key: str
    levels: int
    weight: int
    critical: bool

    def share(self, value: int) -> float:
        """Where a level lies between the lowest (0) and the highest (1)."""


def score(criteria: Iterable[Rated], levels: Levels) -> float | None:
    """The weighted mean of the criteria that apply; 0 when a critical one fails, None when none applies.

    Zendesk QA's formulas: a category counts (score - min) / (max - min), and those that do not apply drop out.
    """
    rated = [(one, one.share(value)) for one in criteria if (value := levels.get(one.key)) is not None]
    if any(one.critical and share < HALF for one, share in rated):
        return 0.0
    weight = sum(one.weight for one, _share in rated)
    return sum(one.weight * share for one, share in rated) / weight if weight else None


def verdict(value: float | None) -> ReviewVerdict:
    """A score in a word."""
    if value is None:
        return ReviewVerdict.NONE
    if value < HALF:
        return ReviewVerdict.BAD
    return ReviewVerdict.GOOD if value >= GOOD else ReviewVerdict.MIXED


def is_low(criterion: Rated, value: int | None) -> bool:
    """Whether a level asks for a cause."""
    return value is not None and criterion.share(value) < HALF


def differ(criteria: Iterable[Rated], first: Levels, second: Levels) -> bool:
    """Whether somebody has to decide: more than a step apart, or not of one mind on a critical criterion."""
    return any(_apart(one, first.get(one.key), second.get(one.key)) for one in criteria)


def _apart(criterion: Rated, first: int | None, second: int | None) -> bool:
    if criterion.critical and is_low(criterion, first) != is_low(criterion, second):
        return True
    return first is not None and second is not None and abs(first - second) > 1
