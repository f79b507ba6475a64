"""Everything that the comparison page shows, worked out once for each state of the data.

The rows are read group by group and what is kept is counts, so that 100,000 votes need little more than two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db.models import Count, F, Max, Q

from chat.enums import Status
from chat.models import Feedback, Generation, Message
from chat.review import records
from chat.review.enums import UNSURE, Outcome
from chat.review.filters import Filters
from chat.review.models import ComparisonVote
from chat.review.preference import Interval, Pair, Preferences, Rank, wilson
from chat.review.tally import Row, tally
from chat.review.topics import TopicRow, leads, topic_rows

# Records change a last time after they have ended, and "the last 7 days" move: both show within this time.
KEPT_S = 300
POINTS = 101  # of a curve
RANKS = (50, 95, 99)


@dataclass(frozen=True, slots=True)
class Curve:
    """One engine's times: how many, what share of answers was within what, and the usual percentiles."""

    engine: str
    n: int
    points: tuple[float, ...]
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor time of an engine's answers; None where it was not measured."""

    engine: str
    n: int
    mean: float | None
    p95: float | None


@dataclass(frozen=True, slots=True)
class Blind:
    """Whether the votes were as blind as they should be: guesses, and how often the left side won."""

    right: int
    guesses: int
    unsure: int
    left: int
    sided: int

    @property
    def guess_rate(self) -> Interval | None:
        """The share of guesses that are right."""
        return wilson(self.right, self.guesses)

    @property
    def left_rate(self) -> Interval | None:
        """The share of preferences that went to the left answer."""
        return wilson(self.left, self.sided)


@dataclass(frozen=True, slots=True)
class Report:
    """What there is to say. `engines` are those that were voted on."""

    version: str
    votes: int
    prompts: int
    engines: tuple[str, ...]
    pairs: list[Pair]
    ranking: list[Rank]
    leads: dict[str, list[str]]
    topics: list[TopicRow]
    topics_total: int
    blind: Blind
    outcomes: list[records.Outcomes]
    first: list[Curve]
    total: list[Curve]
    cost: list[Cost]


def report(filters: Filters) -> Report:
    """The report as the data are now."""
    version = data_version()
    key = f"review:{version}:{filters.query()}"
    found = cache.get(key)
    if found is None:
        found = _report(filters, version)
        cache.set(key, found, KEPT_S)
    return found


def data_version() -> str:
    """Changes with every vote, every finished reply and every rating."""
    votes = ComparisonVote.objects.aggregate(last=Max("pk"), n=Count("pk"))
    rated = Feedback.objects.aggregate(last=Max("updated_at"), n=Count("pk"))
    running = Message.objects.filter(status=Status.STREAMING).count()
    newest = Generation.objects.aggregate(last=Max("pk"))["last"]
    changed = rated["last"].timestamp() if rated["last"] else 0
    return "-".join(str(part or 0) for part in (votes["last"], votes["n"], newest, running, changed, rated["n"]))


def _report(filters: Filters, version: str) -> Report:
    counted = tally(_rows(filters))
    preferences = Preferences(counted)
    pairs = preferences.pairs
    engines = tuple(sorted({name for pair in pairs for name in (pair.former, pair.latter)}))
    ended = records.outcomes(filters)
    times = [records.times(filters, one.engine) for one in ended]
    return Report(
        version=version,
        votes=preferences.votes.total(),
        prompts=counted.prompts,
        engines=engines,
        pairs=pairs,
        ranking=preferences.ranking(),
        leads=leads(counted.topics, pairs[0]) if pairs else {},
        topics=topic_rows(counted.topics, list(engines)),
        topics_total=len(counted.topics),
        blind=_blind(filters),
        outcomes=ended,
        first=[_curve(one.engine, one.first) for one in times if one.first],
        total=[_curve(one.engine, one.total) for one in times if one.total],
        cost=[_cost(one.engine, one.cpu) for one in times],
    )


def _rows(filters: Filters) -> Iterator[Row]:
    """The votes, those that say the same of one question together, question by question."""
    names = {
        "prompt": F("comparison__prompt_key"),
        "about": F("topic"),
        "first": F("comparison__first_engine"),
        "second": F("comparison__second_engine"),
        "said": F("outcome"),
    }
    rows = filters.votes().values(**names).annotate(votes=Count("pk")).order_by("comparison__prompt_key")
    return rows.values_list(*names, "votes").iterator(chunk_size=5000)


def _blind(filters: Filters) -> Blind:
    first, second = Q(outcome=Outcome.FIRST), Q(outcome=Outcome.SECOND)
    left = (first & Q(comparison__left_is_first=True)) | (second & Q(comparison__left_is_first=False))
    counts: dict[str, Any] = filters.votes().aggregate(
        right=Count("pk", filter=Q(guess_right=True)),
        guesses=Count("pk", filter=Q(guess_right__isnull=False)),
        unsure=Count("pk", filter=Q(guessed=UNSURE)),
        left=Count("pk", filter=left),
        sided=Count("pk", filter=first | second),
    )
    return Blind(**counts)


def _curve(engine: str, values: list[float]) -> Curve:
    import numpy

    points = numpy.percentile(values, numpy.linspace(0, 100, POINTS), method="inverted_cdf")
    return Curve(engine, len(values), tuple(map(float, points)), *map(float, numpy.percentile(values, RANKS)))


def _cost(engine: str, values: list[float]) -> Cost:
    if not values:
        return Cost(engine, 0, None, None)
    import numpy

    return Cost(engine, len(values), float(numpy.mean(values)), float(numpy.percentile(values, 95)))
