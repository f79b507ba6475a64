"""Axes that fit, and lines where they belong."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from inference.evaluating.charts import Series, chart, distribution, share_axis, time_axis


@pytest.mark.parametrize(
    ("highest", "last"), [(0.011, "1.5%"), (0.07, "8%"), (0.3, "30%"), (1.0, "100%"), (0.0, "0.5%")]
)
def test_a_share_axis_ends_above_the_highest_value(highest: float, last: str):
    axis = share_axis("wrong", highest)
    assert (axis.ticks[0][1], axis.high >= highest, len(axis.ticks) <= 7) == ("0%", True, True)
    assert axis.ticks[-1][1] == last


def test_a_time_axis_goes_by_powers_of_ten():
    assert [label for _, label in time_axis("ms", 3.0, 1200.0).ticks] == ["1", "10", "100", "1,000", "10,000"]
    assert [label for _, label in time_axis("ms", 0.0, 0.0).ticks] == ["0.01", "0.1"]
    axis = time_axis("ms", 1.0, 100.0)
    assert [axis.at(value) for value in (1.0, 10.0, 100.0)] == pytest.approx([0, 0.5, 1])


def test_the_share_of_values_up_to_each():
    assert distribution([3.0, 1.0, 2.0, 2.0]) == [(1.0, 0.25), (2.0, 0.5), (2.0, 0.75), (3.0, 1.0)]
    long = distribution([float(n) for n in range(1000)])
    assert (len(long), long[0], long[-1]) == (200, (0.0, 0.001), (999.0, 1.0))


def test_the_picture_is_well_formed_and_says_what_it_is():
    axis = share_axis("<b>", 1.0)
    picture = ET.fromstring(chart("risk", 'A "curve"', axis, axis, [Series([(0, 0), (1, 1)], (0.5, 0.5)), Series([])]))
    assert picture.attrib["aria-label"] == 'A "curve"'
    assert [line.attrib["points"] for line in picture.iter("polyline")] == ["44.0,254.0 436.0,30.0"]
    assert [(dot.attrib["cx"], dot.attrib["cy"]) for dot in picture.iter("circle")] == [("240.0", "142.0")]
    assert "<b>" in {text.text for text in picture.iter("text")}
