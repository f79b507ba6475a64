"""Conversations as JSON lines and as CSV, written while they are read, so that a selection may be of any size.

Exports hold no account names and no visitor ids: who reads an export wants what was said. Personal data are masked
but in conversations that the reader has opened for a reason.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

from chat import actions
from chat.enums import FeedbackValue
from chat.http import download
from chat.models import Conversation, Feedback, Generation, Message
from chat.privacy import rights
from chat.transcripts import with_details

BATCH = 20
RECORD_FIELDS = (
    *(
        "assistant",
        "backend",
        "checkpoint",
        "checkpoint_sha256",
        "sampling",
        "seed",
        "prompt_tokens",
        "completion_tokens",
    ),
    *("truncated_tokens", "queue_ms", "first_token_ms", "total_ms", "finish_reason", "mean_logprob", "min_logprob"),
    *("sources", "answered_by", "reason", "confidence", "abstained", "explanation", "error_class"),
)
CONVERSATION_COLUMNS = ("conversation", "title", "language", "owner_kind", "started", "last_message", "deleted")
MESSAGE_COLUMNS = ("message", "parent", "role", "status", "time", "shown_to_visitor", "text")
RATING_COLUMNS = ("ratings", "reasons", "comments")
COLUMNS = (*CONVERSATION_COLUMNS, *MESSAGE_COLUMNS, *RECORD_FIELDS, *RATING_COLUMNS)

# What a spreadsheet may take for a formula or for the end of a cell, with the full-width forms that some of
# them accept. The quote itself is among them, so that `unquote_cell` always knows whether one was added.
LIVE_STARTS = tuple("=+-@\t\r\n\0'＝＋－＠")
# JSON leaves these as they are, and many readers take them for the end of a line.
LINE_ENDS = {code: f"\\u{code:04x}" for code in (0x85, 0x2028, 0x2029)}


def quote_cell(text: str) -> str:
    """`text` as a spreadsheet shows it and never runs it: a quote before anything that could be a formula."""
    return "'" + text if text.startswith(LIVE_STARTS) or text.lstrip().startswith(LIVE_STARTS) else text


def unquote_cell(cell: str) -> str:
    """The text that `quote_cell` was given."""
    return cell.removeprefix("'")


def response(request: HttpRequest, queryset: QuerySet[Conversation], kind: str) -> StreamingHttpResponse:
    """A download of the conversations, `kind` being "jsonl" or "csv"; each one is logged before it leaves."""
    lines, content_type = WRITERS[kind]
    name = f"conversations-{timezone.now():%Y%m%d-%H%M%S}.{kind}"
    return download(request, lines(_batches(request, queryset)), name, content_type)


def _batches(request: HttpRequest, queryset: QuerySet[Conversation]) -> Iterator[list[Conversation]]:
    messages = Prefetch("messages", with_details(Message.objects.order_by("pk")))
    rows = queryset.order_by("pk").prefetch_related(messages)
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        actions.record_transcript_reads(request.user, batch, "export")
        _hide(request, batch)
        yield batch
        last = batch[-1].pk


def _hide(request: HttpRequest, batch: list[Conversation]) -> None:
    opened = rights.opened(request.user, [conversation.pk for conversation in batch])
    for conversation in batch:
        if conversation.pk not in opened:
            rights.hide(conversation, conversation.messages.all())


def _jsonl(batches: Iterator[list[Conversation]]) -> Iterator[str]:
    for batch in batches:
        lines = (json.dumps(_as_data(conversation), ensure_ascii=False) for conversation in batch)
        yield "".join(line.translate(LINE_ENDS) + "\n" for line in lines)


def _csv(batches: Iterator[list[Conversation]]) -> Iterator[str]:
    # The mark at the start tells Excel that this is UTF-8.
    yield "\ufeff" + _csv_text([COLUMNS])
    for batch in batches:
        yield _csv_text([row for conversation in batch for row in _as_rows(conversation)])


WRITERS = {"jsonl": (_jsonl, "application/x-ndjson"), "csv": (_csv, "text/csv")}


def _csv_text(rows: list[Any]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([[_cell(value) for value in row] for row in rows])
    return out.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    return quote_cell(value)


def _as_data(conversation: Conversation) -> dict[str, Any]:
    messages = list(conversation.messages.all())
    uids = {message.pk: str(message.public_id) for message in messages}
    shown = _shown(conversation, messages)
    return {
        "conversation": str(conversation.public_id),
        "title": conversation.title,
        "language": conversation.language,
        "owner_kind": "account" if conversation.owner_id else "visitor",
        "started": _time(conversation.created_at),
        "last_message": _time(conversation.updated_at),
        "deleted": _time(conversation.deleted_at),
        "messages": [_message(message, uids, message.pk in shown) for message in messages],
    }


def _message(message: Message, uids: dict[int, str], shown: bool) -> dict[str, Any]:
    return {
        "message": uids[message.pk],
        "parent": uids[message.parent_id] if message.parent_id else None,
        "role": message.role,
        "status": message.status,
        "time": _time(message.created_at),
        "shown_to_visitor": shown,
        "text": message.content,
        "generation": _record(message),
        "feedback": [_rating(rating) for rating in message.feedback.all()],
    }


def _record(message: Message) -> dict[str, Any] | None:
    record: Generation | None = getattr(message, "generation", None)
    return {name: getattr(record, name) for name in RECORD_FIELDS} if record else None


def _rating(rating: Feedback) -> dict[str, Any]:
    return {
        "value": FeedbackValue(rating.value).name.lower(),
        "reasons": [reason.code for reason in rating.reasons.all()],
        "comment": rating.comment,
        "by": rating.actor.partition(":")[0],
        "time": _time(rating.updated_at),
    }


def _as_rows(conversation: Conversation) -> Iterator[list[Any]]:
    data = _as_data(conversation)
    start = [data[name] for name in CONVERSATION_COLUMNS]
    for message in data["messages"]:
        record = message["generation"] or {}
        ratings = message["feedback"]
        yield [
            *start,
            *(message[name] for name in MESSAGE_COLUMNS),
            *(record.get(name) for name in RECORD_FIELDS),
            "; ".join(rating["value"] for rating in ratings),
            "; ".join(code for rating in ratings for code in rating["reasons"]),
            "\n".join(rating["comment"] for rating in ratings if rating["comment"]),
        ]


def _shown(conversation: Conversation, messages: list[Message]) -> set[int]:
    parents = {message.pk: message.parent_id for message in messages}
    keys, key = set(), conversation.active_leaf_id
    while key in parents:
        keys.add(key)
        key = parents[key]
    return keys


def _time(value: datetime | None) -> str | None:
    return value.isoformat() if value else None
