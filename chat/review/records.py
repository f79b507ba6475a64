"""What the records of replies say about each engine: how they ended, what visitors thought, how long they took."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, Count, F, Q, QuerySet, When

from chat.enums import FeedbackValue
from chat.models import Generation
from chat.review.filters import Filters
from chat.review.preference import Interval, wilson

NEWEST = 5000  # answers of each engine whose times are read; more do not change the curve
# Who answered; records from before an engine said so name the backend that was asked.
ENGINE = Case(When(answered_by="", then=F("backend")), default=F("answered_by"))
ENGINE_OF_FEEDBACK = Case(
    When(message__generation__answered_by="", then=F("message__generation__backend")),
    default=F("message__generation__answered_by"),
)
_FAILED = ~Q(error_class="")
_STOPPED = Q(error_class="", finish_reason="cancelled")


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How an engine's replies ended, and how many of them visitors called good and bad."""

    engine: str
    answered: int
    abstained: int
    failed: int
    stopped: int
    good: int = 0
    bad: int = 0

    @property
    def n(self) -> int:
        """Those that were not cut short by the reader."""
        return self.answered + self.abstained + self.failed

    def share(self, name: str) -> Interval | None:
        """Of "answered", "abstained", "failed": the share of all that ended by themselves."""
        return wilson(getattr(self, name), self.n)

    @property
    def answered_share(self) -> Interval | None:
        """The share that got an answer."""
        return self.share("answered")

    @property
    def rated(self) -> int:
        """How many ratings."""
        return self.good + self.bad

    @property
    def liked(self) -> Interval | None:
        """The share of ratings that are good."""
        return wilson(self.good, self.rated)


@dataclass(frozen=True, slots=True)
class Times:
    """An engine's newest answers: milliseconds, each list in order of size."""

    engine: str
    first: list[float]
    total: list[float]
    cpu: list[float]


def outcomes(filters: Filters) -> list[Outcomes]:
    """One for each engine, the busiest first: two queries."""
    rated = _ratings(filters)
    rows = (
        filters.generations()
        .values(engine=ENGINE)
        .annotate(
            n=Count("pk"),
            failed=Count("pk", filter=_FAILED),
            stopped=Count("pk", filter=_STOPPED),
            abstained=Count("pk", filter=Q(abstained=True) & ~_FAILED & ~_STOPPED),
        )
    )
    found = []
    for row in rows:
        ended = {name: row[name] for name in ("abstained", "failed", "stopped")}
        good, bad = rated.get(row["engine"], (0, 0))
        found.append(Outcomes(row["engine"], row["n"] - sum(ended.values()), **ended, good=good, bad=bad))
    return sorted(found, key=lambda one: -one.n)


def times(filters: Filters, engine: str) -> Times:
    """How long the newest answers of an engine took; those from before engines signed only to fill up."""
    rows = filters.generations().filter(error_class="").exclude(finish_reason="cancelled").order_by("-created_at")
    values = _newest(rows.filter(answered_by=engine), NEWEST)
    values += _newest(rows.filter(answered_by="", backend=engine), NEWEST - len(values))
    columns = list(zip(*values, strict=True)) or [(), (), ()]
    return Times(engine, *(sorted(value for value in column if value is not None) for column in columns))


def _newest(rows: QuerySet[Generation], limit: int) -> list[tuple[float | None, ...]]:
    return list(rows.values_list("first_token_ms", "total_ms", "cpu_ms")[:limit])


def _ratings(filters: Filters) -> dict[str, tuple[int, int]]:
    rows = (
        filters.feedback()
        .values(engine=ENGINE_OF_FEEDBACK)
        .annotate(
            good=Count("pk", filter=Q(value=FeedbackValue.GOOD)), bad=Count("pk", filter=Q(value=FeedbackValue.BAD))
        )
    )
    return {row["engine"]: (row["good"], row["bad"]) for row in rows}
