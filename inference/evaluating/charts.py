"""Line charts as SVG that takes its colours and fonts from the page: `c0`, `c1` ... are the classes of the lines.

Drawn here, not by a plotting library: a page in two colour schemes and two languages needs text that stays text and
colours that are custom properties.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 460, 300
LEFT, RIGHT, TOP, BOTTOM = 44, 24, 30, 46
STEPS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)  # between the ticks of a share
MAX_TICKS = 6

Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high`, with labelled ticks; `log` for powers of ten."""

    title: str
    low: float
    high: float
    ticks: Sequence[tuple[float, str]]
    log: bool = False

    def at(self, value: float) -> float:
        """The place of a value, from 0 to 1 within the axis."""
        if self.log:
            return math.log(max(value, self.low / 2) / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True, slots=True)
class Series:
    """A line, and maybe a dot with a place of its own."""

    points: Sequence[Place]
    dot: Place | None = None


def share_axis(title: str, highest: float) -> Axis:
    """An axis of percentages from 0 that has room for `highest`."""
    step = next((step for step in STEPS if highest / step <= MAX_TICKS), STEPS[-1])
    count = min(math.ceil(highest / step - 1e-9) or 1, round(1 / step))
    return Axis(title, 0.0, count * step, [(i * step, f"{100 * i * step:g}%") for i in range(count + 1)])


def time_axis(title: str, lowest: float, highest: float) -> Axis:
    """A logarithmic axis of milliseconds whose ends are whole powers of ten."""
    first, last = math.floor(math.log10(max(lowest, 0.01))), math.ceil(math.log10(max(highest, 0.02)))
    last = max(last, first + 1)
    return Axis(title, 10.0**first, 10.0**last, [(10.0**i, f"{10.0**i:,g}") for i in range(first, last + 1)], True)


def distribution(values: Sequence[float], most: int = 200) -> list[Place]:
    """(value, share of values up to it): the empirical distribution, in few enough points to draw."""
    ordered, n = sorted(values), len(values)
    ranks = range(1, n + 1) if n <= most else [1 + round(i * (n - 1) / (most - 1)) for i in range(most)]
    return [(ordered[rank - 1], rank / n) for rank in ranks]


def chart(name: str, title: str, x: Axis, y: Axis, series: Sequence[Series]) -> str:
    """The whole picture; `name` must be one of its own on the page, `title` is for those who cannot see it."""
    parts = [*_frame(x, y), *_lines(name, x, y, series)]
    head = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
    inside = f'x="{LEFT}" y="{TOP}" width="{WIDTH - LEFT - RIGHT}" height="{HEIGHT - TOP - BOTTOM}"'
    return head + f'<clipPath id="{name}"><rect {inside}/></clipPath>' + "".join(parts) + "</svg>"


def _frame(x: Axis, y: Axis) -> Iterator[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    for value, label in y.ticks:
        level = _y(y, value)
        yield f'<path class="grid" d="M{LEFT} {level:.1f}H{right}"/>'
        yield f'<text x="{LEFT - 6}" y="{level + 4:.1f}" text-anchor="end">{escape(label)}</text>'
    for value, label in x.ticks:
        place = _x(x, value)
        yield f'<path class="grid" d="M{place:.1f} {bottom}v5"/>'
        yield f'<text x="{place:.1f}" y="{bottom + 19}" text-anchor="middle">{escape(label)}</text>'
    yield f'<path class="axis" d="M{LEFT} {bottom}H{right}"/>'
    yield f'<text class="name" x="{right}" y="{HEIGHT - 6}" text-anchor="end">{escape(x.title)}</text>'
    yield f'<text class="name" x="2" y="14">{escape(y.title)}</text>'


def _lines(name: str, x: Axis, y: Axis, series: Sequence[Series]) -> Iterator[str]:
    for number, line in enumerate(series):
        if line.points:
            places = " ".join(f"{_x(x, a):.1f},{_y(y, b):.1f}" for a, b in line.points)
            yield f'<polyline class="c{number}" clip-path="url(#{name})" points="{places}"/>'
    for number, line in enumerate(series):
        if line.dot:
            yield f'<circle class="c{number}" cx="{_x(x, line.dot[0]):.1f}" cy="{_y(y, line.dot[1]):.1f}" r="5.5"/>'


def _x(axis: Axis, value: float) -> float:
    return LEFT + axis.at(value) * (WIDTH - LEFT - RIGHT)


def _y(axis: Axis, value: float) -> float:
    return HEIGHT - BOTTOM - axis.at(value) * (HEIGHT - TOP - BOTTOM)
