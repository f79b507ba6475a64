"""How far reviewers agree, criterion by criterion, and whether that is enough to train on what they said.

Works on plain tables of ratings. Krippendorff's alpha and its interval are computed by evalica: 1 is full agreement, 0
what chance would give; ratings may be missing. It judges the scale and not the people: where everybody always gives the
same level there is nothing that could agree, so the share of equal ratings stands beside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Any

from django.utils.translation import gettext as _

from chat.review.preference import Interval

SAMPLES = 2000
FIRM, TENTATIVE = 0.8, 0.667  # Krippendorff's own thresholds
LEAST = 20  # answers with two ratings; fewer say nothing
EDGES = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Rating:
    """A level that one person gave one item; "does not apply" is no rating. The last of several counts."""

    rater: str
    item: str
    criterion: str
    value: float


class Level(StrEnum):
    """What follows from an alpha with its interval, the worst last."""

    FIRM = "firm"
    TENTATIVE = "tentative"
    UNSURE = "unsure"  # it may be enough, but the interval is too wide to say
    FEW = "few"
    SAME = "same"  # nobody ever gave another level
    UNFIT = "unfit"


@dataclass(frozen=True, slots=True)
class Agreement:
    """One criterion. `items` were rated by two people or more; `equal` is the share of equal ratings among pairs."""

    criterion: str
    items: int
    ratings: int
    raters: int
    alpha: Interval | None
    equal: Interval | None
    within_one: float | None

    @property
    def level(self) -> Level:
        """What follows."""
        if self.items < LEAST:
            return Level.FEW
        if self.alpha is None:
            return Level.SAME
        if self.alpha.low >= FIRM:
            return Level.FIRM
        if self.alpha.low >= TENTATIVE:
            return Level.TENTATIVE
        return Level.UNSURE if self.alpha.value >= TENTATIVE else Level.UNFIT

    @property
    def sentence(self) -> str:
        """The same in plain words."""
        facts = {"items": self.items, "least": LEAST}
        if self.alpha:
            facts |= {name: f"{getattr(self.alpha, name):.2f}" for name in ("value", "low", "high")}  # type: ignore[misc]
        return _sentences()[self.level] % facts


@dataclass(frozen=True, slots=True)
class Drift:
    """One reviewer beside what was decided: `mean` above 0 is milder than the decision, below 0 stricter."""

    rater: str
    n: int
    mean: float
    low: float | None
    high: float | None
    distance: float  # how far off, whichever way

    @property
    def drifts(self) -> bool:
        """Whether the interval leaves no room for 0."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


def agreements(ratings: Iterable[Rating], scales: Mapping[str, str] | None = None) -> list[Agreement]:
    """Every criterion in the order of its first rating. `scales`: "nominal", "ordinal" (else), "interval", "ratio"."""
    tables: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for rating in ratings:
        tables[rating.criterion][rating.item][rating.rater] = rating.value
    wanted = scales or {}
    return [_agreement(name, table, wanted.get(name, "ordinal")) for name, table in tables.items()]


def verdict(found: Iterable[Agreement]) -> Level:
    """A rubric is as good as its worst criterion."""
    order = list(Level)
    return max((one.level for one in found), key=order.index, default=Level.FEW)


def drifts(ratings: Iterable[Rating], decided: Mapping[tuple[str, str], float]) -> list[Drift]:
    """Each reviewer beside the decisions by (item, criterion), who is furthest off first."""
    off: dict[str, list[float]] = defaultdict(list)
    for rating in ratings:
        if (rating.item, rating.criterion) in decided:
            off[rating.rater].append(rating.value - decided[rating.item, rating.criterion])
    found = [_drift(rater, differences) for rater, differences in off.items()]
    return sorted(found, key=lambda one: (-abs(one.mean), one.rater))


def _agreement(name: str, table: dict[str, dict[str, float]], scale: str) -> Agreement:
    pairable = {item: given for item, given in table.items() if len(given) > 1}
    raters = {rater for given in pairable.values() for rater in given}
    count = sum(map(len, pairable.values()))
    return Agreement(name, len(pairable), count, len(raters), _alpha(pairable, scale), *_raw(pairable))


def _alpha(table: dict[str, dict[str, float]], scale: str) -> Interval | None:
    if len({value for given in table.values() for value in given.values()}) < 2:
        return None
    import evalica
    import pandas

    frame = pandas.DataFrame(table, dtype=float)  # a row for each rater
    found = evalica.alpha_bootstrap(frame, scale, n_resamples=SAMPLES, random_state=0)  # type: ignore[arg-type]
    return Interval(float(found.alpha), float(found.low), float(found.high))


def _raw(table: dict[str, dict[str, float]]) -> tuple[Interval | None, float | None]:
    """Equal, and at most one step apart: means over items, so that an item with many ratings counts once."""
    import numpy

    if not table:
        return None, None
    apart = [[abs(a - b) for a, b in combinations(given.values(), 2)] for given in table.values()]
    equal = numpy.array([numpy.mean([step == 0 for step in steps]) for steps in apart])
    near = float(numpy.mean([numpy.mean([step <= 1 for step in steps]) for steps in apart]))
    drawn = numpy.random.default_rng(0).integers(len(equal), size=(SAMPLES, len(equal)))
    low, high = numpy.percentile(equal[drawn].mean(axis=1), EDGES)
    return Interval(float(equal.mean()), float(low), float(high)), near


def _drift(rater: str, differences: list[float]) -> Drift:
    from statsmodels.stats.weightstats import DescrStatsW

    mean = sum(differences) / len(differences)
    distance = sum(map(abs, differences)) / len(differences)
    edges: tuple[Any, Any] = (None, None)
    if len(differences) > 1:
        low, high = DescrStatsW(differences).tconfint_mean()
        edges = float(low), float(high)
    return Drift(rater, len(differences), mean, *edges, distance)


def _sentences() -> dict[Level, str]:
    interval = _("Alpha %(value)s, likely between %(low)s and %(high)s, on %(items)d answers.")
    return {
        Level.FIRM: _("Good enough to train on.") + " " + interval,
        Level.TENTATIVE: _("Good enough for cautious conclusions, not yet to train on alone.") + " " + interval,
        Level.UNSURE: _("It may be good enough; review more answers twice to know.") + " " + interval,
        Level.FEW: _("Too early to say: %(items)d answers were rated by two people, and it takes %(least)d."),
        Level.SAME: _(
            "Everybody gave the same level to all %(items)d answers, so it cannot be said whether they agree."
        ),
        Level.UNFIT: _("Not good enough: mend what the levels say before anything is trained on them.")
        + " "
        + interval,
    }
