"""The two line charts of the report, in the reader's language."""

from __future__ import annotations

from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from inference.evaluating.charts import Series, chart, distribution, share_axis, time_axis
from inference.evaluating.run import Run

TIMES = ("first_token_ms", "latency_ms")
STEADY = 0.03  # below this coverage a curve is made of a few answers and jumps


def risk(figures: dict[str, Any]) -> SafeString:
    """Share of wrong answers against share answered; the dot is today's threshold."""
    curves = [engine["risk_coverage"] for engine in figures.values()]
    series = []
    for curve in curves:
        points = [(point["coverage"], point["risk"]) for point in curve["points"] if point["coverage"] >= STEADY]
        today = curve["today"]
        series.append(Series(points, (today["coverage"], today["risk"]) if today else None))
    y = [place[1] for line in series for place in [*line.points, *([line.dot] if line.dot else [])]]
    title = _("Wrong answers against questions answered, for every threshold; the figures are in the table")
    x = share_axis(_("questions answered"), 1.0)
    return _safe(chart("risk", title, x, share_axis(_("wrong, of these"), max([*y, 0.02])), series))


def latency(run: Run) -> SafeString:
    """The share of answers that were there after so many milliseconds."""
    values = [[a.total_ms for a in engine.answers.values() if a.total_ms is not None] for engine in run.engines]
    known = [value for part in values for value in part]
    if not known:
        return _safe("")
    x = time_axis(_("milliseconds"), min(known), max(known))
    series = [Series(distribution(part) if part else []) for part in values]
    title = _("Share of whole answers after so many milliseconds; the figures are in the table")
    return _safe(chart("latency", title, x, share_axis(_("answers complete"), 1.0), series))


def _safe(svg: str) -> SafeString:
    """What people wrote is not in a picture; titles are escaped where it is drawn."""
    return mark_safe(svg)  # noqa: S308
