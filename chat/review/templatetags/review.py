"""How the review pages write engines, shares and times."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from chat.markdown import render
from chat.privacy.masking import mask
from chat.review.labels import engine_label
from chat.review.preference import Interval

register = template.Library()
NOTHING = "–"
TO = "\u2060–\u2060"  # a dash at which no line ends

register.filter("engine", engine_label)
register.filter("masked", mask)


@register.filter
def markdown(text: str) -> SafeString:
    """A model's text as HTML; `render` sanitises it."""
    return mark_safe(render(text))  # noqa: S308


@register.filter
def percent(value: float | Interval | None) -> str:
    """A share as "60%", an interval as "60% (51–69)", a narrow one with decimals; a dash for none."""
    if isinstance(value, Interval):
        places = value.places
        return f"{value.value:.{places}%} ({100 * value.low:.{places}f}{TO}{100 * value.high:.{places}f})"
    return NOTHING if value is None else f"{value:.0%}"


@register.filter
def points(value: Interval) -> str:
    """Points of a ranking with their interval."""
    return f"{value.value:.0f} ({value.low:.0f}{TO}{value.high:.0f})"


@register.filter
def duration(ms: float | None) -> str:
    """A time as people read it: "0.8 ms", "35 ms", "1.4 s"."""
    if ms is None:
        return NOTHING
    if ms >= 1000:
        return _("%(n)s s") % {"n": f"{ms / 1000:.1f}"}
    return _("%(n)s ms") % {"n": f"{ms:.0f}" if ms >= 10 else f"{ms:.1f}"}


@register.filter
def shade(value: float) -> int:
    """A share as one of eleven shades of a heat map."""
    return round(10 * value)
