"""Shares with intervals, risk against coverage, percentiles, and whether two engines differ by more than chance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

LEVEL = 0.95
PERCENTILES = (50, 95, 99)
MAX_POINTS = 200  # of a curve; more make no difference to the eye


def share(count: int, n: int) -> dict[str, Any]:
    """A count out of n as a share with its Wilson interval; all None when there is nothing to count."""
    if not n:
        return {"count": count, "n": n, "share": None, "ci95": None}
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(count, n, alpha=1 - LEVEL, method="wilson")
    return {"count": count, "n": n, "share": round(count / n, 6), "ci95": [round(float(low), 6), round(float(high), 6)]}


def share_of(hits: Iterable[bool]) -> dict[str, Any]:
    """The share of those that are true."""
    found = list(hits)
    return share(sum(found), len(found))


def percentiles(values: Sequence[float]) -> dict[str, float | None]:
    """{"p50": ..., "p95": ..., "p99": ...}, None for no values."""
    if not values:
        return {f"p{rank}": None for rank in PERCENTILES}
    import numpy

    found = numpy.percentile(numpy.asarray(values), PERCENTILES)
    return {f"p{rank}": round(float(value), 2) for rank, value in zip(PERCENTILES, found, strict=True)}


@dataclass(frozen=True, slots=True)
class Paired:
    """Two engines on the same questions: how often both are right, only one is, neither is; `p` as McNemar's."""

    first: str
    second: str
    n: int
    both: int
    only_first: int
    only_second: int
    neither: int
    p: float

    @property
    def differ(self) -> bool:
        """Whether the difference is more than chance explains."""
        return self.p < 1 - LEVEL


def compare(first: str, second: str, pairs: Sequence[tuple[bool, bool]]) -> Paired:
    """McNemar's exact test on (first is right, second is right) of every question that both answered."""
    from statsmodels.stats.contingency_tables import mcnemar

    both, only_first = pairs.count((True, True)), pairs.count((True, False))
    only_second, neither = pairs.count((False, True)), pairs.count((False, False))
    p = float(mcnemar([[both, only_first], [only_second, neither]], exact=True).pvalue)
    return Paired(first, second, len(pairs), both, only_first, only_second, neither, p)


@dataclass(frozen=True, slots=True)
class Point:
    """If only answers at least this sure were given: the share of questions answered, and the wrong ones of these."""

    coverage: float
    risk: float
    confidence: float


def risk_coverage(judged: Iterable[tuple[float, bool]], n: int) -> list[Point]:
    """The curve over all thresholds, of (confidence, right) out of n questions. Equal confidences go together."""
    ordered = sorted(judged, reverse=True)
    points, wrong = [], 0
    for place, (confidence, right) in enumerate(ordered, 1):
        wrong += not right
        if place == len(ordered) or ordered[place][0] != confidence:
            points.append(Point(place / n, wrong / place, confidence))
    return points


def area(points: Sequence[Point]) -> float | None:
    """The mean risk along the curve, up to the largest coverage that it reaches (AURC)."""
    if not points:
        return None
    total, before = 0.0, Point(0.0, points[0].risk, 1.0)
    for point in points:
        total += (point.coverage - before.coverage) * (point.risk + before.risk) / 2
        before = point
    return round(total / points[-1].coverage, 4)


def coverage_at(points: Iterable[Point], risk: float) -> float:
    """The largest share of questions that could be answered with at most that share of them wrong."""
    return round(max((point.coverage for point in points if point.risk <= risk), default=0.0), 4)


def thin(points: Sequence[Point]) -> list[Point]:
    """Few enough points to draw, the ends among them."""
    if len(points) <= MAX_POINTS:
        return list(points)
    return [points[round(i * (len(points) - 1) / (MAX_POINTS - 1))] for i in range(MAX_POINTS)]
