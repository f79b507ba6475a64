"""Figures against values that are known from elsewhere."""

from __future__ import annotations

import pytest

from inference.evaluating import statistics
from inference.evaluating.statistics import Point


def test_wilsons_interval():
    # Newcombe (1998), table I: 81 of 263, score method.
    found = statistics.share(81, 263)
    assert (found["count"], found["n"], found["share"]) == (81, 263, 0.307985)
    assert found["ci95"] == pytest.approx([0.2553, 0.3662], abs=5e-5)
    assert statistics.share(0, 10)["ci95"] == pytest.approx([0.0, 0.2775], abs=5e-5)
    assert statistics.share(0, 0) == {"count": 0, "n": 0, "share": None, "ci95": None}


def test_mcnemars_exact_test():
    # Two-sided binomial: of 10 differing pairs 8 one way, 2 * (1 + 10 + 45) / 2**10.
    pairs = [(True, False)] * 2 + [(False, True)] * 8 + [(True, True)] * 5 + [(False, False)]
    found = statistics.compare("a", "b", pairs)
    assert (found.n, found.both, found.only_first, found.only_second, found.neither) == (16, 5, 2, 8, 1)
    assert found.p == pytest.approx(0.109375)
    assert not found.differ
    assert statistics.compare("a", "b", [(False, True)] * 8).differ
    assert statistics.compare("a", "b", [(True, True)]).p == 1.0


def test_risk_against_coverage():
    points = statistics.risk_coverage([(0.9, True), (0.5, False), (0.8, True), (0.5, True)], 8)
    assert points == [Point(0.125, 0.0, 0.9), Point(0.25, 0.0, 0.8), Point(0.5, 0.25, 0.5)]
    assert statistics.coverage_at(points, 0.03) == 0.25
    assert statistics.coverage_at([Point(0.1, 0.5, 0.9)], 0.03) == 0.0
    assert statistics.area(points) == pytest.approx(0.25 * 0.125 / 0.5, abs=1e-4)
    assert statistics.area([]) is None


def test_percentiles():
    assert statistics.percentiles([float(n) for n in range(101)]) == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert statistics.percentiles([]) == {"p50": None, "p95": None, "p99": None}


def test_a_long_curve_keeps_its_ends():
    points = [Point(n / 1000, 0.0, 1.0) for n in range(1, 1001)]
    assert [len(statistics.thin(points)), statistics.thin(points)[0], statistics.thin(points)[-1]] == [
        *(200, points[0], points[-1]),
    ]
