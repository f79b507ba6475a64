"""Everything that one person has left here, as a JSON document to take along; conversations they have hidden, too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone

from chat import comparing
from chat.access import Actor, own_conversations
from chat.enums import FeedbackValue, Side
from chat.models import Conversation, Message
from chat.transcripts import with_details

BATCH = 20


def pieces(actor: Actor) -> Iterator[str]:
    """The document, written while it is read."""
    yield f'{{"exported_at": {json.dumps(_time(timezone.now()))}, "conversations": ['
    comma = ""
    for conversation in _conversations(actor):
        yield comma + "\n" + json.dumps(_as_data(conversation, str(actor)), ensure_ascii=False, indent=1)
        comma = ","
    yield "\n]}\n"


def count(actor: Actor) -> int:
    """How many conversations there are."""
    return own_conversations(actor, or_deleted=True).count()


def _conversations(actor: Actor) -> Iterator[Conversation]:
    messages = Prefetch("messages", with_details(Message.objects.select_related("parent__conversation").order_by("pk")))
    rows = own_conversations(actor, or_deleted=True).order_by("pk").prefetch_related(messages)
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        yield from batch
        last = batch[-1].pk


def _as_data(conversation: Conversation, actor: str) -> dict[str, Any]:
    messages = list(conversation.messages.all())
    uids = {message.pk: str(message.public_id) for message in messages}
    return {
        "id": str(conversation.public_id),
        "title": conversation.title,
        "language": conversation.language,
        "started": _time(conversation.created_at),
        "last_message": _time(conversation.updated_at),
        "deleted": _time(conversation.deleted_at),
        "messages": [_message(message, uids, actor) for message in messages],
    }


def _message(message: Message, uids: dict[int, str], actor: str) -> dict[str, Any]:
    record = getattr(message, "generation", None)
    data: dict[str, Any] = {
        "id": uids[message.pk],
        "in_reply_to": uids.get(message.parent_id or 0),
        "role": message.role,
        "status": message.status,
        "time": _time(message.created_at),
        "text": message.content,
    }
    if record:
        data |= {"answered_by": record.answered_by or record.backend, "sources": record.sources}
        data["feedback"] = [_rating(rating) for rating in message.feedback.all() if rating.actor == actor]
    vote = _vote(message)
    return data | {"vote": vote} if vote else data


def _rating(rating: Any) -> dict[str, Any]:
    return {
        "value": FeedbackValue(rating.value).name.lower(),
        "reasons": [reason.code for reason in rating.reasons.all()],
        "comment": rating.comment,
        "time": _time(rating.updated_at),
    }


def _vote(message: Message) -> dict[str, Any] | None:
    """What was said of two compared answers stands with the second one."""
    verdict = comparing.records().verdict(message.parent) if message.side == Side.B and message.parent else None
    if verdict is None:
        return None
    return {"better": verdict.better.value, "reasons": list(verdict.reasons), "guessed_engine_of_a": verdict.guess}


def _time(value: datetime | None) -> str | None:
    return value.isoformat() if value else None
