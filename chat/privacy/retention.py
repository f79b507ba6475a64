"""How long conversations are kept, by kind, and what is past that. What is under review or running is never due.

What a review is, the room of reviews says (chat.review), which knows this one and not the other way round: it connects
itself here when Django starts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from chat.enums import Status
from chat.models import Conversation, Message
from chat.privacy.actions import erase


class Kind(StrEnum):
    """Each conversation is of one kind: the first that fits. Deleted: hidden by whoever it belongs to."""

    DELETED = "deleted"
    REVIEWED = "reviewed"
    ACCOUNT = "account"
    VISITOR = "visitor"


class Reviews(Protocol):
    """Conditions on conversations."""

    def done(self) -> Q:
        """With a review."""

    def waiting(self) -> Q:
        """With an answer that waits for a review or a decision."""

    def held(self) -> Q:
        """With an answer that somebody reviews right now."""


_reviews: Reviews | None = None


def connect(reviews: Reviews | None) -> None:
    """Set where reviews are kept."""
    global _reviews
    _reviews = reviews


def days(kind: Kind) -> int:
    """For how long conversations of a kind are kept; 0 for always."""
    return settings.CHAT_RETENTION_DAYS[kind]


def due(kind: Kind, now: datetime) -> QuerySet[Conversation]:
    """The conversations of a kind that are past their time, counted from the last message, or from their deletion."""
    if not days(kind):
        return Conversation.objects.none()
    before = now - timedelta(days=days(kind))
    running = Exists(Message.objects.filter(conversation=OuterRef("pk"), status=Status.STREAMING))
    rows = Conversation.objects.filter(~running, _busy(kind))
    if kind == Kind.DELETED:
        return rows.filter(deleted_at__lt=before)
    return rows.filter(_of(kind), deleted_at__isnull=True, updated_at__lt=before)


def retain(kind: Kind, now: datetime) -> Iterator[int]:
    """Delete what is due, batch by batch; the number of conversations in each."""
    while gone := len(erase(due(kind, now)).conversations):
        yield gone


def _of(kind: Kind) -> Q:
    if kind == Kind.REVIEWED:
        return _reviews.done() if _reviews else Q(pk__in=[])
    owned = Q(owner__isnull=kind == Kind.VISITOR)
    return owned & ~_reviews.done() if _reviews else owned


def _busy(kind: Kind) -> Q:
    """Not under review. What somebody deleted goes even though a review waits, but not from a reviewer's hands."""
    if _reviews is None:
        return Q()
    return ~(_reviews.held() if kind == Kind.DELETED else _reviews.waiting())
