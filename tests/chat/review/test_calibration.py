"""Calibration on made answers whose true probabilities are known."""

from __future__ import annotations

import json
import random

import pytest

from chat.review.calibration import Calibration, Judged, Method, calibrate, from_json


def made(n: int, truth: object, seed: int = 1) -> list[Judged]:
    """Answers that are right with the probability `truth(confidence)`."""
    draw = random.Random(seed)
    said = [draw.random() for _ in range(n)]
    return [Judged(value, draw.random() < truth(value)) for value in said]  # type: ignore[operator]


def boastful(confidence: float) -> float:
    """Far less right than it says."""
    return confidence**3


@pytest.mark.parametrize(("n", "method"), [(400, Method.LOGISTIC), (4000, Method.ISOTONIC)])
def test_a_boastful_engine_is_brought_down(n: int, method: Method) -> None:
    found = calibrate(made(n, boastful))
    assert found.method == method
    assert found.before is not None
    assert found.after is not None
    assert (found.after.brier < found.before.brier, found.after.ece < found.before.ece / 3) == (True, True)
    away = [abs(found(value / 20) - boastful(value / 20)) for value in range(1, 20)]
    assert sum(away) / len(away) < 0.05
    values = [found(value / 100) for value in range(101)]
    assert values == sorted(values)
    assert 0 <= values[0] <= values[-1] <= 1


def test_the_curve_has_its_numbers_and_its_intervals() -> None:
    judged = [Judged(0.05, False)] * 30 + [Judged(0.95, True)] * 15 + [Judged(0.95, False)] * 15
    found = calibrate(judged)
    assert (found.method, found.n, found.after) == (Method.RAW, 60, None)
    assert found.before is not None
    assert [(one.low, one.high, one.n, round(one.said, 3), one.right.value) for one in found.before.bins] == [
        (0.0, 0.1, 30, 0.05, 0.0),
        (0.9, 1.0, 30, 0.95, 0.5),
    ]
    assert [one.right.low < one.right.value < one.right.high for one in found.before.bins[1:]] == [True]
    assert round(found.before.ece, 3) == 0.25
    assert round(found.before.brier, 4) == round((30 * 0.05**2 + 15 * 0.05**2 + 15 * 0.95**2) / 60, 4)


@pytest.mark.parametrize(
    "judged",
    [[], made(99, boastful), [Judged(0.5, True)] * 500, [Judged(n / 500, n > 9) for n in range(1, 500)]],
    ids=["none", "few", "all right", "nearly all right"],
)
def test_it_is_raw_until_there_are_enough_of_both(judged: list[Judged]) -> None:
    found = calibrate(judged)
    assert (found.method, found.n, found(0.37)) == (Method.RAW, len(judged), 0.37)


def test_what_would_not_help_is_not_done() -> None:
    assert calibrate([Judged(0.5, n % 2 == 0) for n in range(200)]).method == Method.RAW


def test_a_confidence_that_means_the_opposite_becomes_the_average() -> None:
    found = calibrate(made(400, lambda confidence: 0.8 * (1 - confidence)))
    assert found.method == Method.LOGISTIC
    assert found(0.1) == found(0.9)
    assert abs(found(0.5) - 0.4) < 0.06


def test_weights_stand_for_the_answers_that_were_not_drawn() -> None:
    """Of the wrong ones every second was reviewed, of the right ones one in eight."""
    draw = random.Random(2)
    everything = made(20_000, boastful)
    drawn = [(one, 0.125 if one.right else 0.5) for one in everything]
    seen = [Judged(one.confidence, one.right, 1 / share) for one, share in drawn if draw.random() < share]
    found, unweighted = calibrate(seen), calibrate([Judged(one.confidence, one.right) for one in seen])
    off = [
        sum(abs(fit(value / 20) - boastful(value / 20)) for value in range(1, 20)) / 19 for fit in (found, unweighted)
    ]
    assert (off[0] < 0.04, off[1] > 0.1) == (True, True)


@pytest.mark.parametrize("n", [0, 50, 400, 1500])
def test_it_is_the_same_after_it_was_stored(n: int) -> None:
    found = calibrate(made(n, boastful))
    again = from_json(json.loads(json.dumps(found.to_json())))
    assert again == found
    assert [again(value / 7) for value in range(8)] == [found(value / 7) for value in range(8)]


@pytest.mark.parametrize(
    "change",
    [{"version": 2}, {"method": "magic"}, {"xs": None}, {"ys": [1.0, 2.0]}, {"xs": [], "ys": []}, {"before": {}}],
)
def test_what_is_no_calibration_is_refused(change: dict) -> None:
    stored = Calibration(Method.LOGISTIC, 400, (1.0,), (0.0,)).to_json()
    with pytest.raises(ValueError, match=r"calibration|magic"):
        from_json({**stored, **change})
