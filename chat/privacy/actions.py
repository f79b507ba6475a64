"""Every change for the sake of privacy: one function each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from chat.access import Actor, own_conversations
from chat.enums import Status
from chat.models import Conversation, Message, PersonalDataRead

BATCH = 50  # conversations in one transaction, which nobody else should wait long for


@dataclass(frozen=True, slots=True)
class Erased:
    """What is gone: the public ids of conversations, and the keys of replies that were being written in them."""

    conversations: list[str]
    running: list[int]


def open_personal_data(reader: Any, conversation: Conversation, reason: str) -> PersonalDataRead:
    """Note why somebody needs the personal data of a conversation; from now on they see it for a while."""
    until = timezone.now() + timedelta(minutes=settings.CHAT_PERSONAL_DATA_MINUTES)
    return PersonalDataRead.objects.create(conversation=conversation, reader=reader, reason=reason, until=until)


def erase(rows: QuerySet[Conversation]) -> Erased:
    """Delete the first of these conversations for good, with all that hangs on them; none when none is left."""
    with transaction.atomic():
        found = dict(rows.select_for_update().order_by("updated_at", "pk").values_list("pk", "public_id")[:BATCH])
        writing = Message.objects.filter(conversation__in=found, status=Status.STREAMING)
        running = list(writing.values_list("pk", flat=True))
        Conversation.objects.filter(pk__in=found).delete()
    return Erased([str(public_id) for public_id in found.values()], running)


def erase_own(actor: Actor) -> Erased:
    """Delete every conversation of a person for good, those as well that they have hidden."""
    conversations: list[str] = []
    running: list[int] = []
    while (batch := erase(own_conversations(actor, or_deleted=True))).conversations:
        conversations += batch.conversations
        running += batch.running
    return Erased(conversations, running)
