"""The pairs behind a figure: both answers, how people voted and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet

from chat.review.enums import Outcome, VoteReason
from chat.review.filters import Filters
from chat.review.models import Comparison, ComparisonVote

PAGE = 10
NAME_CHARS = 80
READ_VOTES = 500  # of a page; their reasons are counted
RESULTS = ("won", "lost", "tie", "both_bad")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which pairs: about a topic, with an engine, with a result for that engine. Empty: any."""

    topic: str | None = None
    engine: str = ""
    result: str = ""
    before: int = 0

    @classmethod
    def of_query(cls, query: Mapping[str, str]) -> Wanted:
        """What an address asks for. An empty topic that is named means answers without an article."""
        topic = query["topic"][:NAME_CHARS] if "topic" in query else None
        before = query.get("before", "")
        return cls(
            topic=topic,
            engine=query.get("engine", "")[:NAME_CHARS],
            result=query["result"] if query.get("result") in RESULTS else "",
            before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else 0,
        )

    def query(self, before: int = 0) -> str:
        """As it stands in an address."""
        values = {"engine": self.engine, "result": self.result, "before": before or ""}
        known = {name: str(value) for name, value in values.items() if value}
        return urlencode(known if self.topic is None else {"topic": self.topic, **known})


@dataclass(slots=True)
class Shown:
    """A pair with what people said of it: votes by the engine that won them, reasons by how often they were given."""

    comparison: Comparison
    votes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    guesses: Counter[str] = field(default_factory=Counter)
    topic: str = ""

    @property
    def best(self) -> str:
        """ "first" or "second": the answer with more votes; empty when there is none."""
        first, second = self.votes[Outcome.FIRST], self.votes[Outcome.SECOND]
        return "" if first == second else Outcome.FIRST if first > second else Outcome.SECOND


@dataclass(frozen=True, slots=True)
class PairPage:
    """Some pairs, newest first; `older` is where the next page begins, 0 at the end."""

    pairs: list[Shown]
    older: int


def pair_page(filters: Filters, wanted: Wanted) -> PairPage:
    """The newest pairs that fit: four queries, however many votes there are."""
    votes = _votes(filters, wanted)
    rows = Comparison.objects.filter(pk__in=votes.values("comparison_id"), conversation__deleted_at__isnull=True)
    if wanted.before:
        rows = rows.filter(pk__lt=wanted.before)
    found = list(rows.select_related("prompt", "first", "second").order_by("-pk")[: PAGE + 1])
    shown = {row.pk: Shown(row) for row in found[:PAGE]}
    _add_votes(shown)
    return PairPage(list(shown.values()), found[PAGE - 1].pk if len(found) > PAGE else 0)


def _votes(filters: Filters, wanted: Wanted) -> QuerySet[ComparisonVote]:
    votes = filters.votes()
    if wanted.topic is not None:
        votes = votes.filter(topic=wanted.topic)
    first, second = Q(comparison__first_engine=wanted.engine), Q(comparison__second_engine=wanted.engine)
    if wanted.engine:
        votes = votes.filter(first | second)
    if wanted.result in (Outcome.TIE, Outcome.BOTH_BAD):
        votes = votes.filter(outcome=wanted.result)
    elif wanted.result and wanted.engine:
        better, worse = (first, second) if wanted.result == "won" else (second, first)
        votes = votes.filter((better & Q(outcome=Outcome.FIRST)) | (worse & Q(outcome=Outcome.SECOND)))
    return votes


def _add_votes(shown: dict[int, Shown]) -> None:
    rows = ComparisonVote.objects.filter(comparison__in=list(shown))
    for key, outcome, count in rows.values_list("comparison_id", "outcome").annotate(n=Count("pk")).order_by():
        shown[key].votes[outcome] = count
    newest = rows.order_by("-pk").values_list("comparison_id", "reasons", "guess_right", "topic")
    for key, reasons, guess_right, topic in newest[:READ_VOTES]:
        shown[key].reasons.update(str(VoteReason(reason).label) for reason in reasons)
        shown[key].topic = shown[key].topic or topic
        if guess_right is not None:
            shown[key].guesses["right" if guess_right else "wrong"] += 1
