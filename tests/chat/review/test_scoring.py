"""chat/review/scoring.py: Zendesk QA's formulas, and when somebody has to decide."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from chat.review.enums import ReviewVerdict
from chat.review.scoring import differ, score, verdict


@dataclass
class One:
    """A criterion."""

    key: str
    levels: int = 5
    weight: int = 10
    critical: bool = False

    def share(self, value: int) -> float:
        """From 0 to 1."""
        return (value - 1) / (self.levels - 1)


CRITERIA = [One("correct", weight=30), One("clear", levels=3), One("safe", levels=2, critical=True)]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ({"correct": 5, "clear": 3, "safe": 2}, 1.0),
        ({"correct": 3, "clear": 3, "safe": 2}, 0.7),  # (30 * 0.5 + 10 + 10) / 50
        ({"correct": 3, "clear": None, "safe": 2}, 0.625),  # what does not apply drops out: 25 / 40
        ({"correct": 5, "clear": 3, "safe": 1}, 0.0),
        ({"correct": 1, "clear": 1, "safe": None}, 0.0),
        ({"correct": None, "clear": None, "safe": None}, None),
    ],
)
def test_the_score(levels: dict[str, int | None], expected: float | None):
    assert score(CRITERIA, levels) == expected


@pytest.mark.parametrize(
    ("value", "word"), [(None, "none"), (0.0, "bad"), (0.49, "bad"), (0.5, "mixed"), (0.74, "mixed"), (0.75, "good")]
)
def test_the_verdict(value: float | None, word: str):
    assert verdict(value) == ReviewVerdict(word)


@pytest.mark.parametrize(
    ("other", "apart"),
    [
        ({"correct": 4}, False),
        ({"correct": 3}, True),
        ({"correct": None}, False),
        ({"clear": 2}, False),
        ({"clear": 1}, True),
        ({"safe": 1}, True),
        ({"safe": None}, False),
    ],
)
def test_more_than_a_step_or_a_critical_criterion_is_a_difference(other: dict[str, int | None], apart: bool):
    first: dict[str, int | None] = {"correct": 5, "clear": 3, "safe": 2}
    assert (differ(CRITERIA, first, {**first, **other}), differ(CRITERIA, {**first, **other}, first)) == (apart, apart)
