"""Filters and search for the list of conversations.

Conditions on messages, records and ratings are EXISTS subqueries: a join would repeat rows, and taking
the repeats out again means reading all of them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.text import smart_split, unescape_string_literal
from django.utils.translation import gettext_lazy as _

from chat.answerers import engine_name
from chat.assistants.models import Assistant
from chat.enums import FeedbackReasonCode, FeedbackValue, Role, Status
from chat.models import Conversation, Feedback, FeedbackReason, Generation, Message
from chat.transcripts import used_values

SEARCH_CHARS = 200
SEARCH_TERMS = 8


class StatusFilter(admin.SimpleListFilter):
    """Conversations with a reply in this state."""

    title = _("status of a reply")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        """Every state."""
        return Status.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Those with at least one such reply."""
        if not self.value():
            return queryset
        replies = Message.objects.filter(conversation=OuterRef("pk"), role=Role.ASSISTANT, status=self.value())
        return queryset.filter(Exists(replies))


class _RecordFilter(admin.SimpleListFilter):
    column = ""

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        """The values in use."""
        return [(value, value) for value in used_values(self.column)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Those with at least one such reply: from the conversation to its messages, and from each to its record."""
        if not self.value():
            return queryset
        records = Generation.objects.filter(message=OuterRef("pk"), **{self.column: self.value()})
        return queryset.filter(Exists(Message.objects.filter(Exists(records), conversation=OuterRef("pk"))))


class BackendFilter(_RecordFilter):
    """Conversations with a reply of this backend."""

    title = _("backend")
    parameter_name = column = "backend"


class CheckpointFilter(_RecordFilter):
    """Conversations with a reply of this checkpoint."""

    title = _("checkpoint")
    parameter_name = column = "checkpoint"


class AssistantFilter(_RecordFilter):
    """Conversations with a reply of this assistant."""

    title = _("assistant")
    parameter_name = column = "assistant"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        """The assistants in use by name; those that are gone by their short name."""
        names = {assistant.slug: assistant.name for assistant in Assistant.objects.all()}
        return [(value, names.get(value, value)) for value in used_values(self.column)]


class AnswererFilter(_RecordFilter):
    """Conversations with a reply of this engine."""

    title = _("answered by")
    parameter_name = column = "answered_by"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        """The engines in use, in words."""
        return [(value, engine_name(value)) for value in used_values(self.column)]


class AbstainedFilter(admin.SimpleListFilter):
    """Conversations with a reply that says that it does not know."""

    title = _("did not know")
    parameter_name = "abstained"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        """The one question."""
        return [("yes", _("At least once"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Those with at least one such reply."""
        if self.value() != "yes":
            return queryset
        records = Generation.objects.filter(message__conversation=OuterRef("pk"), abstained=True)
        return queryset.filter(Exists(records))


class RatingFilter(admin.SimpleListFilter):
    """Conversations with a good or a bad rating, or with none."""

    title = _("rating")
    parameter_name = "rating"
    NONE = "none"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        """Good, bad, none."""
        return [*((str(value), label) for value, label in FeedbackValue.choices), (self.NONE, _("Not rated"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Those with at least one such rating."""
        ratings = Feedback.objects.filter(message__conversation=OuterRef("pk"))
        if self.value() == self.NONE:
            return queryset.filter(~Exists(ratings))
        # Not `value=`: without statistics SQLite takes that for the narrowest condition and goes through all good or
        # all bad ratings, once for each conversation.
        if self.value() == str(FeedbackValue.GOOD):
            return queryset.filter(Exists(ratings.filter(value__gt=0)))
        if self.value() == str(FeedbackValue.BAD):
            return queryset.filter(Exists(ratings.filter(value__lt=0)))
        return queryset


class FeedbackReasonFilter(admin.SimpleListFilter):
    """Ratings for which this reason was ticked."""

    title = _("reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        """Every reason."""
        return FeedbackReasonCode.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Those with this reason."""
        return queryset.filter(Exists(self._ticked())) if self.value() else queryset

    def _ticked(self) -> QuerySet[FeedbackReason]:
        return FeedbackReason.objects.filter(feedback=OuterRef("pk"), code=self.value())


class ReasonFilter(FeedbackReasonFilter):
    """Conversations with at least one such rating."""

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """From the conversation to its ratings, and from each to its reasons: the other way round is slow."""
        if not self.value():
            return queryset
        ratings = Feedback.objects.filter(Exists(self._ticked()), message__conversation=OuterRef("pk"))
        return queryset.filter(Exists(ratings))


class DeletedFilter(admin.SimpleListFilter):
    """Conversations that the visitor has deleted, or has not."""

    title = _("state")
    parameter_name = "deleted"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        """The two."""
        return [("no", _("Not deleted")), ("yes", _("Deleted by the visitor"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """By whether there is a time of deletion."""
        if self.value() not in ("no", "yes"):
            return queryset
        return queryset.filter(deleted_at__isnull=self.value() == "no")


class DateRangeFilter(admin.ListFilter):
    """Rows between two days, both included, in the site's time zone.

    Not `date_hierarchy`: that one reads the first and the last date of the whole table for each page.
    """

    template = "admin/chat/date_filter.html"
    field = ""
    SHORTCUTS = [(0, _("Today")), (6, _("Past 7 days")), (29, _("Past 30 days"))]

    def __init__(self, request: HttpRequest, params: dict, model: type[Model], model_admin: admin.ModelAdmin) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.expected_parameters():
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1]
        self.hidden: list[tuple[str, str]] = []

    def has_output(self) -> bool:
        """Always: the form needs no choices."""
        return True

    def expected_parameters(self) -> list[Any]:
        """First and last day."""
        return ["from", "until"]

    @property
    def first(self) -> date | None:
        """The first day, if one was given."""
        return self._day("from")

    @property
    def last(self) -> date | None:
        """The last day, if one was given."""
        return self._day("until")

    def _day(self, name: str) -> date | None:
        text = self.used_parameters.get(name)
        if not text:
            return None
        try:
            day = parse_date(str(text))
        except ValueError:
            day = None
        if day is None or not 1900 <= day.year <= 9000:
            raise IncorrectLookupParameters(f"{name} is not a date")
        return day

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Bounds that an index can use."""
        if self.first:
            queryset = queryset.filter(**{f"{self.field}__gte": _midnight(self.first)})
        if self.last:
            queryset = queryset.filter(**{f"{self.field}__lt": _midnight(self.last + timedelta(days=1))})
        return queryset

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        """Shortcuts; the form below them takes any days."""
        own = self.expected_parameters()
        pairs = ((name, value) for name, values in changelist.filter_params.items() for value in values)
        self.hidden = [(name, value) for name, value in pairs if name not in own]
        nothing = not self.first and not self.last
        yield {"selected": nothing, "query_string": changelist.get_query_string(remove=own), "display": _("All")}
        today = timezone.localdate()
        for days, label in self.SHORTCUTS:
            start = today - timedelta(days=days)
            link = changelist.get_query_string({"from": start.isoformat(), "until": None})
            yield {"selected": self.first == start and not self.last, "query_string": link, "display": label}


class LastMessageFilter(DateRangeFilter):
    """By the day of the last message."""

    title = _("last message")
    field = "updated_at"


class RatedFilter(DateRangeFilter):
    """By the day of the rating."""

    title = _("time")
    field = "created_at"


class ReadFilter(DateRangeFilter):
    """By the day of the access."""

    title = _("time")
    field = "at"


def search(queryset: QuerySet[Conversation], text: str) -> QuerySet[Conversation]:
    """Conversations in which every word of `text` occurs: in the title, in a message, or as the account's name.

    Words are divided by spaces and may be quoted; Chinese text is searched as it stands. The id of a
    conversation or of a message finds that one.
    """
    text = text.strip()[:SEARCH_CHARS]
    key = _as_uuid(text)
    if key:
        return queryset.filter(Q(public_id=key) | Exists(_messages().filter(public_id=key)))
    for term in _terms(text):
        texts = _messages().filter(content__icontains=term)
        queryset = queryset.filter(Q(title__icontains=term) | Q(owner__username__iexact=term) | Exists(texts))
    return queryset


def _messages() -> QuerySet[Message]:
    return Message.objects.filter(conversation=OuterRef("pk"))


def _terms(text: str) -> list[str]:
    return [_unquoted(term) for term in smart_split(text)][:SEARCH_TERMS]


def _unquoted(term: str) -> str:
    quoted = len(term) > 2 and term[0] in "\"'" and term[0] == term[-1]
    return unescape_string_literal(term) if quoted else term


def _as_uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
