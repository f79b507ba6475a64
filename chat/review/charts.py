"""The comparison's pictures: SVG in two themes, on no ground of their own.

Words stay text in them, so that the reader's browser draws Chinese with the fonts that it has; the server may
have none. A picture cannot take the page's colours over, so that there is one for each theme and CSS shows one.
"""

from __future__ import annotations

import io
import re
import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from chat.review.labels import engine_label, engine_number
from chat.review.preference import Interval
from chat.review.records import Outcomes
from chat.review.report import Curve, Report

WIDTH = 4.4  # inches; about as wide as a phone, so that the words can be read there
FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"
DASHES = ("-", (0, (5, 2)), (0, (6, 2, 1.5, 2)), (0, (1.5, 1.5)), (0, (8, 3)))
_STYLE_RULES = re.compile(r"<defs>\s*<style.*?</style>\s*</defs>", re.S)
_STYLE = re.compile(r'style="([^"]*)"')
_FONTS = re.compile(r'font-family="[^"]*"')
# Matplotlib keeps its settings for the whole process.
_drawing = threading.Lock()

Axes = Any


@dataclass(frozen=True, slots=True)
class Theme:
    """The page's colours, and five for engines that people with colour blindness can tell apart, too."""

    ink: str
    grey: str
    line: str
    accent: str
    series: tuple[str, ...]


THEMES = {
    "light": Theme("#1b2326", "#566468", "#dbe3e5", "#0a6375", ("#0a6375", "#b4520a", "#6b4ea0", "#4f7a0d", "#a32e5d")),
    "dark": Theme("#e3e9ea", "#9caaae", "#2d383c", "#74c7d8", ("#74c7d8", "#f0a868", "#b9a3e3", "#a9cf6b", "#f09bbd")),
}


def draw(name: str, theme: str, report: Report) -> bytes:
    """One of PICTURES as an SVG file."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    painter, height = PICTURES[name]
    colours = THEMES[theme]
    with (
        _drawing,
        rc_context({"svg.fonttype": "none", "svg.hashsalt": name, "font.size": 9}),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")  # about glyphs that the server's font lacks
        figure = Figure(figsize=(WIDTH, height(report)), layout="constrained")
        axes = figure.add_subplot()
        _bare(axes, colours)
        painter(axes, colours, report)
        file = io.BytesIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _without_styles(file.getvalue().decode()).encode()


def _without_styles(svg: str) -> str:
    """The same picture with attributes in place of styles, which the site's content security policy forbids."""
    svg = _STYLE_RULES.sub("", svg).replace("<svg ", '<svg stroke-linejoin="round" stroke-linecap="butt" ', 1)
    return _FONTS.sub(f'font-family="{FONTS}"', _STYLE.sub(_attributes, svg))


def _attributes(style: re.Match[str]) -> str:
    pairs = (declaration.partition(":") for declaration in style[1].split(";") if declaration.strip())
    return " ".join(f'{name.strip()}="{value.strip()}"' for name, _colon, value in pairs)


def _bare(axes: Axes, theme: Theme) -> None:
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(theme.grey)
    axes.tick_params(colors=theme.grey, which="both", length=3, labelcolor=theme.ink)
    axes.set_axisbelow(True)


def _outcomes(axes: Axes, theme: Theme, report: Report) -> None:
    """A bar per engine, of three shades: answered, does not know, failed."""
    kinds = (("answered", 1.0, ""), ("abstained", 0.4, ""), ("failed", 0.15, "////"))
    rows = [one for one in report.outcomes if one.n][::-1]
    left = [0.0] * len(rows)
    for kind, alpha, hatch in kinds:
        shares = [_percent(one, kind) for one in rows]
        axes.barh(
            range(len(rows)), shares, left=left, height=0.4, hatch=hatch, edgecolor=theme.accent, linewidth=0.8,
            facecolor=(theme.accent, alpha), label=_kind(kind),
        )  # fmt: skip
        left = [before + share for before, share in zip(left, shares, strict=True)]
    axes.set_xlim(0, 100)
    _rows(axes, theme, [engine_label(one.engine) for one in rows])
    axes.set_xlabel(_("Share of answers (%)"), color=theme.grey)
    _legend(axes, theme, len(kinds))


def _preference(axes: Axes, theme: Theme, report: Report) -> None:
    """A line per pair of engines: the share that went to the first, with its interval, around the middle."""
    shares = [(_against(pair.former, pair.latter), pair.share) for pair in report.pairs if pair.share][::-1]
    for row, (_name, share) in enumerate(shares):
        low, value, high = (100 * edge for edge in (share.low, share.value, share.high))
        axes.plot([low, high], [row, row], color=theme.accent, linewidth=2.5, solid_capstyle="butt")
        axes.plot([value], [row], marker="o", markersize=8, color=theme.accent)
    axes.axvline(50, color=theme.grey, linewidth=1, linestyle=(0, (3, 3)))
    reach = _reach([share for _name, share in shares])
    axes.set_xlim(50 - reach, 50 + reach)
    axes.set_xticks([50 - reach, 50 - reach / 2, 50, 50 + reach / 2, 50 + reach])
    _rows(axes, theme, [name for name, _share in shares])
    axes.set_xlabel(_("Votes for the one named first, a tie as half a vote (%)"), color=theme.grey)


def _latency(curves: Sequence[Curve], axes: Axes, theme: Theme, label: str) -> None:
    """What share of the answers came within what time; the time on a log axis."""
    for curve in curves:
        number = engine_number(curve.engine) % len(theme.series)
        shares = [100 * place / (len(curve.points) - 1) for place in range(len(curve.points))]
        times = [max(time, 0.1) / 1000 for time in curve.points]
        axes.plot(
            times, shares, color=theme.series[number], linestyle=DASHES[number], linewidth=2, drawstyle="steps-post",
            label=engine_label(curve.engine),
        )  # fmt: skip
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(_seconds)
    axes.xaxis.set_minor_formatter("")
    axes.grid(color=theme.line, linewidth=0.8)
    axes.set_ylim(0, 101)
    axes.set_yticks([0, 25, 50, 75, 100])
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(label, color=theme.grey)
    axes.set_ylabel(_("Share of answers (%)"), color=theme.grey)
    _legend(axes, theme, len(curves))


def _first(axes: Axes, theme: Theme, report: Report) -> None:
    _latency(report.first, axes, theme, _("seconds until the first word"))


def _total(axes: Axes, theme: Theme, report: Report) -> None:
    _latency(report.total, axes, theme, _("seconds until the whole answer"))


def _percent(one: Outcomes, kind: str) -> float:
    share = one.share(kind)
    return 100 * share.value if share else 0.0


def _kind(kind: str) -> str:
    return {"answered": _("answered"), "abstained": _("did not know"), "failed": _("failed")}[kind]


def _against(former: str, latter: str) -> str:
    return _("%(former)s against %(latter)s") % {"former": engine_label(former), "latter": engine_label(latter)}


def _reach(shares: Sequence[Interval]) -> int:
    """As much of the scale as the intervals need on the longer side of 50%."""
    widest = max(max(abs(50 - 100 * share.low), abs(100 * share.high - 50)) for share in shares) if shares else 0
    return min(50, 10 * (int(widest / 10) + 1))


def _rows(axes: Axes, theme: Theme, labels: list[str]) -> None:
    """Each row's name stands above it: beside it, a long one would leave no room on a phone."""
    for row, label in enumerate(labels):
        axes.text(0, row + 0.34, label, color=theme.ink, transform=axes.get_yaxis_transform())
    axes.set_yticks([])
    axes.set_ylim(-0.5, len(labels) - 0.1)
    axes.grid(axis="x", color=theme.line, linewidth=0.8)


def _legend(axes: Axes, theme: Theme, columns: int) -> None:
    axes.legend(
        loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=min(columns, 3), frameon=False, labelcolor=theme.ink,
        handlelength=2.6,
    )  # fmt: skip


def _seconds(value: float, _place: Any = None) -> str:
    return f"{value:g}"


def _curves_height(_report: Report) -> float:
    return 2.5


# name: (what draws it, how high it is)
PICTURES: dict[str, Any] = {
    "outcomes": (_outcomes, lambda report: 0.9 + 0.5 * len(report.outcomes)),
    "preference": (_preference, lambda report: 0.6 + 0.5 * len(report.pairs)),
    "first": (_first, _curves_height),
    "total": (_total, _curves_height),
}
