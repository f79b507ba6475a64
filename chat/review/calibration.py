"""What a confidence is worth: from reviewed answers, the share that is right among those as confident as this one.

Works on plain values. Fitted by scikit-learn; what was fitted is a few numbers, kept as JSON and applied without it.
Answers that came into review with different probabilities are weighted by the inverse of these.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from chat.review.preference import Interval, wilson

VERSION = 1
LEAST = 100  # reviewed answers; with fewer, confidences stay as they are and are called raw
LEAST_OF_EACH = 10  # right and wrong ones
ISOTONIC_FROM = 1000  # with fewer, a free curve learns the noise
BINS, FOLDS = 10, 5
EDGE = 1e-4  # a logit has no value at 0 and 1

Numbers = Any  # numpy arrays


@dataclass(frozen=True, slots=True)
class Judged:
    """A reviewed answer: its raw confidence from 0 to 1, whether it was right, and for how many answers it stands."""

    confidence: float
    right: bool
    weight: float = 1.0


class Method(StrEnum):
    """How a confidence becomes a calibrated one."""

    RAW = "raw"
    LOGISTIC = "logistic"
    ISOTONIC = "isotonic"


@dataclass(frozen=True, slots=True)
class Bin:
    """The `n` answers whose confidence is from `low` to `high`: what they said on average, and how many were right."""

    low: float
    high: float
    n: int
    said: float
    right: Interval


@dataclass(frozen=True, slots=True)
class Quality:
    """Brier score and expected calibration error, 0 the best of both; and the curve that a reliability plot draws."""

    brier: float
    ece: float
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """`xs` and `ys`: the corners of the curve, or slope and intercept. `after` is of answers that no fit had seen."""

    method: Method
    n: int
    xs: tuple[float, ...] = ()
    ys: tuple[float, ...] = ()
    before: Quality | None = None
    after: Quality | None = None

    def __call__(self, confidence: float) -> float:
        """The calibrated confidence; the raw one as long as there is nothing to calibrate by."""
        if self.method == Method.LOGISTIC:
            return 1 / (1 + math.exp(-(self.xs[0] * _logit(confidence) + self.ys[0])))
        if self.method == Method.ISOTONIC:
            return _between(confidence, self.xs, self.ys)
        return confidence

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {"version": VERSION, **asdict(self)}


def from_json(data: dict[str, Any]) -> Calibration:
    """What was stored; ValueError for what this version does not know."""
    try:
        if data["version"] != VERSION:
            raise ValueError(f"calibration of version {data['version']}")
        curve = {name: tuple(float(value) for value in data[name]) for name in ("xs", "ys")}
        before, after = (_quality_of(data[name]) for name in ("before", "after"))
        found = Calibration(Method(data["method"]), int(data["n"]), **curve, before=before, after=after)
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError("not a calibration") from error
    if len(found.xs) != len(found.ys) or (found.method != Method.RAW and not found.xs):
        raise ValueError("not a calibration")
    return found


def calibrate(judged: Sequence[Judged]) -> Calibration:
    """Fitted to these answers; raw while they are too few, or when it would not make unseen ones better."""
    import numpy

    said = numpy.array([one.confidence for one in judged], dtype=float)
    right = numpy.array([one.right for one in judged], dtype=float)
    weights = numpy.array([one.weight for one in judged], dtype=float)
    n, rarer = len(judged), min(int(right.sum()), len(judged) - int(right.sum()))
    raw = Calibration(Method.RAW, n, before=_quality(said, right, weights) if n else None)
    if n < LEAST or rarer < LEAST_OF_EACH:
        return raw
    fit = _isotonic if n >= ISOTONIC_FROM else _logistic
    unseen = _unseen(fit, said, right, weights)
    after = _quality(unseen, right, weights)
    if raw.before and after.brier >= raw.before.brier:
        return raw
    method = Method.ISOTONIC if fit is _isotonic else Method.LOGISTIC
    return Calibration(method, n, *fit(said, right, weights), before=raw.before, after=after)


Curve = tuple[tuple[float, ...], tuple[float, ...]]
Fit = Callable[[Numbers, Numbers, Numbers], Curve]


def _logistic(said: Numbers, right: Numbers, weights: Numbers) -> Curve:
    """Slope and intercept over the logit. Never downwards: a higher confidence is no reason to doubt."""
    from sklearn.linear_model import LogisticRegression

    logits = [[_logit(value)] for value in said]
    model = LogisticRegression(C=1000.0).fit(logits, right, sample_weight=weights / weights.mean())
    if model.coef_[0][0] > 0:
        return (float(model.coef_[0][0]),), (float(model.intercept_[0]),)
    return (0.0,), (_logit(float((right * weights).sum() / weights.sum())),)


def _isotonic(said: Numbers, right: Numbers, weights: Numbers) -> Curve:
    from sklearn.isotonic import IsotonicRegression

    model = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(said, right, sample_weight=weights)
    return tuple(map(float, model.X_thresholds_)), tuple(map(float, model.y_thresholds_))


def _unseen(fit: Fit, said: Numbers, right: Numbers, weights: Numbers) -> Numbers:
    """Each answer's calibrated confidence by a fit to the other folds."""
    import numpy
    from sklearn.model_selection import StratifiedKFold

    found = numpy.empty(len(said))
    method = Method.ISOTONIC if fit is _isotonic else Method.LOGISTIC
    for others, these in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(said, right):
        fitted = Calibration(method, len(others), *fit(said[others], right[others], weights[others]))
        found[these] = [fitted(value) for value in said[these]]
    return found


def _quality(said: Numbers, right: Numbers, weights: Numbers) -> Quality:
    import numpy

    shares = weights / weights.sum()
    places = numpy.minimum((said * BINS).astype(int), BINS - 1)
    bins, ece = [], 0.0
    for place in sorted(set(places.tolist())):
        inside = places == place
        one = _bin(place, said[inside], right[inside], weights[inside])
        bins.append(one)
        ece += float(shares[inside].sum()) * abs(one.right.value - one.said)
    return Quality(float((shares * (said - right) ** 2).sum()), ece, tuple(bins))


def _bin(place: int, said: Numbers, right: Numbers, weights: Numbers) -> Bin:
    """With unequal weights the interval is that of as many answers as they are worth."""
    share = float((right * weights).sum() / weights.sum())
    worth = float(weights.sum() ** 2 / (weights**2).sum())
    found = wilson(share * worth, worth)
    assert found is not None  # noqa: S101 - a bin is never empty
    return Bin(place / BINS, (place + 1) / BINS, len(said), float((said * weights).sum() / weights.sum()), found)


def _quality_of(data: dict[str, Any] | None) -> Quality | None:
    if data is None:
        return None
    bins = tuple(Bin(**{**one, "right": Interval(**one["right"])}) for one in data["bins"])
    return Quality(data["brier"], data["ece"], bins)


def _logit(confidence: float) -> float:
    inside = min(max(confidence, EDGE), 1 - EDGE)
    return math.log(inside / (1 - inside))


def _between(x: float, xs: Sequence[float], ys: Sequence[float]) -> float:
    place = bisect_right(xs, x)
    if place in (0, len(xs)):
        return ys[0] if place == 0 else ys[-1]
    left, right = xs[place - 1], xs[place]
    return ys[place - 1] + (ys[place] - ys[place - 1]) * (x - left) / (right - left)
