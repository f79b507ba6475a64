"""Agreement against Krippendorff's own worked example, and against made ratings whose truth is known."""

from __future__ import annotations

import random

import pytest

from chat.review.agreement import Agreement, Level, Rating, agreements, drifts, verdict
from chat.review.preference import Interval

# Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011): four observers, twelve units.
EXAMPLE = {
    "A": [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    "B": [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    "C": [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    "D": [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
}


def example() -> list[Rating]:
    return [
        Rating(rater, str(unit), "clear", value)
        for rater, values in EXAMPLE.items()
        for unit, value in enumerate(values)
        if value is not None
    ]


def made(noise: float, items: int = 200, levels: int = 5) -> list[Rating]:
    """Three people who see the truth, but for a share of guesses."""
    draw = random.Random(1)
    truth = [draw.randint(1, levels) for _ in range(items)]
    return [
        Rating(f"r{rater}", f"i{item}", "correct", draw.randint(1, levels) if draw.random() < noise else value)
        for item, value in enumerate(truth)
        for rater in range(3)
    ]


@pytest.mark.parametrize(
    ("scale", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_the_published_example(scale: str, alpha: float) -> None:
    [found] = agreements(example(), {"clear": scale})
    assert found.alpha is not None
    assert round(found.alpha.value, 3) == alpha
    assert found.alpha.low < found.alpha.value < found.alpha.high
    assert (found.items, found.ratings, found.raters) == (11, 40, 4)  # one unit has a single rating


def test_raw_agreement_is_a_mean_over_items() -> None:
    ratings = [Rating(*row) for row in [("a", "1", "c", 3), ("b", "1", "c", 3), ("c", "1", "c", 4)]]
    ratings += [Rating("a", "2", "c", 5), Rating("b", "2", "c", 3), Rating("a", "3", "c", 1)]
    [found] = agreements(ratings)
    assert found.equal is not None
    assert (round(found.equal.value, 3), found.within_one) == (round((1 / 3 + 0) / 2, 3), 0.5)


def test_the_last_of_two_ratings_counts_and_criteria_stay_apart() -> None:
    ratings = [Rating("a", "1", "x", 1), Rating("b", "1", "x", 2), Rating("a", "1", "x", 2), Rating("a", "1", "y", 5)]
    first, second = agreements(ratings)
    assert (first.criterion, first.equal, second.criterion) == ("x", Interval(1.0, 1.0, 1.0), "y")
    assert (second.items, second.alpha, second.equal, second.within_one) == (0, None, None, None)


def test_full_agreement_and_pure_chance() -> None:
    [full], [chance] = agreements(made(0)), agreements(made(1))
    assert full.alpha is not None
    assert chance.alpha is not None
    assert (full.alpha.value, full.level) == (1.0, Level.FIRM)
    assert chance.alpha.low < 0 < chance.alpha.high
    assert chance.level == Level.UNFIT


@pytest.mark.parametrize(
    ("alpha", "items", "level"),
    [
        (Interval(0.9, 0.8, 0.95), 100, Level.FIRM),
        (Interval(0.9, 0.79, 0.95), 100, Level.TENTATIVE),
        (Interval(0.7, 0.667, 0.75), 100, Level.TENTATIVE),
        (Interval(0.7, 0.6, 0.8), 100, Level.UNSURE),
        (Interval(0.66, 0.6, 0.8), 100, Level.UNFIT),
        (Interval(0.95, 0.9, 1.0), 19, Level.FEW),
        (None, 100, Level.SAME),
    ],
)
def test_the_thresholds(alpha: Interval | None, items: int, level: Level) -> None:
    found = Agreement("c", items, 2 * items, 2, alpha, None, None)
    assert found.level == level
    assert str(items) in found.sentence


def test_the_sentence_says_the_numbers() -> None:
    found = Agreement("c", 40, 80, 2, Interval(0.86, 0.812, 0.9), None, None)
    assert found.sentence == "Good enough to train on. Alpha 0.86, likely between 0.81 and 0.90, on 40 answers."


def test_a_rubric_is_as_good_as_its_worst_criterion() -> None:
    firm = Agreement("a", 40, 80, 2, Interval(0.9, 0.85, 0.95), None, None)
    unfit = Agreement("b", 40, 80, 2, Interval(0.3, 0.2, 0.4), None, None)
    assert (verdict([firm, unfit]), verdict([firm]), verdict([])) == (Level.UNFIT, Level.FIRM, Level.FEW)


def test_everybody_beside_the_decisions() -> None:
    decided = {(f"i{number}", "correct"): 3.0 for number in range(10)}
    mild = [Rating("mild", f"i{number}", "correct", 4 + number % 2) for number in range(10)]
    fair = [Rating("fair", f"i{number}", "correct", 2 + 2 * (number % 2)) for number in range(10)]
    once = [Rating("once", "i1", "correct", 3), Rating("once", "i99", "correct", 1), Rating("once", "i1", "tone", 1)]
    found = {one.rater: one for one in drifts(mild + fair + once, decided)}
    assert list(found) == ["mild", "fair", "once"]
    assert (found["mild"].mean, found["mild"].distance, found["mild"].drifts) == (1.5, 1.5, True)
    assert (found["fair"].mean, found["fair"].distance, found["fair"].drifts) == (0.0, 1.0, False)
    assert (found["once"].n, found["once"].mean, found["once"].low, found["once"].drifts) == (1, 0.0, None, False)
