"""The group commit: what every running reply has said since the last tick, in one transaction.

A word is published only after it is stored. One writer task per event loop; it ends when there is nothing
to write and starts again with the next word, so the first word of a reply does not wait for a tick.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
import weakref
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import DatabaseError, connection, transaction

from chat import events, metrics, processes
from chat.enums import Status
from chat.faults import log_fault
from chat.models import Message
from chat.offloop import off_loop
from chat.reply_errors import STORAGE

logger = logging.getLogger(__name__)

TICK_S = 0.08
RETRY_S = 0.25
RETRIES = 60
# One statement for all replies: the ORM takes longer to build fifty updates than the database to run them.
_APPEND = "UPDATE chat_message SET content = content || %s, seq = %s WHERE id = %s"
# PostgreSQL takes less than half as long for 300 replies at once (14 ms instead of 33) as for one after the other.
_APPEND_ALL = """
    UPDATE chat_message AS reply SET content = reply.content || piece.text, seq = piece.seq
    FROM unnest(%s::text[], %s::int[], %s::bigint[]) AS piece (text, seq, pk) WHERE reply.id = piece.pk
"""


class Stream(Protocol):
    """A running reply as the journal sees it; `seq` is the number of its last stored piece."""

    pk: int
    message_id: str
    conversation_id: str
    seq: int

    def ended_elsewhere(self) -> None:
        """Called when the reply is not running any more according to the database."""

    def broken(self, code: str) -> None:
        """Called when its text could not be stored."""


@dataclass(frozen=True, slots=True)
class Piece:
    """The text that makes a reply's stored text `seq` pieces long."""

    pk: int
    seq: int
    text: str


class Journal:
    """The writer of one event loop."""

    def __init__(self) -> None:
        self._pending: dict[Stream, list[str]] = {}
        self._writing: dict[Stream, list[str]] = {}
        self._written = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._waits_since: float | None = None  # the oldest word of those that are pending
        self._writes_since: float | None = None  # of those that are being written

    @property
    def lag_s(self) -> float:
        """How old the oldest word is that is not stored yet; 0 when there is none."""
        oldest = self._writes_since or self._waits_since
        return 0.0 if oldest is None else time.monotonic() - oldest

    def append(self, stream: Stream, text: str) -> None:
        """Have this text stored, then published; returns at once."""
        self._pending.setdefault(stream, []).append(storable(text))
        self._waits_since = self._waits_since or time.monotonic()
        if self._task is None or self._task.done():
            # In a context of its own: it writes for everybody, not for the request that happened to begin it.
            context = contextvars.Context()
            self._task = asyncio.create_task(self._write_all(), name="journal", context=context)

    async def flush(self, stream: Stream) -> None:
        """Wait until everything that this stream appended is stored and published, or given up."""
        while stream in self._pending or stream in self._writing:
            await self._written.wait()

    def forget(self, stream: Stream) -> None:
        """Leave out what is not stored yet: for a reply that was stopped."""
        self._pending.pop(stream, None)
        if not self._pending:
            self._waits_since = None

    async def _write_all(self) -> None:
        while self._pending:
            self._writing, self._pending = self._pending, {}
            self._writes_since, self._waits_since = self._waits_since, None
            await self._commit(self._writing)
            self._writing, self._writes_since = {}, None
            self._written.set()
            self._written = asyncio.Event()
            await asyncio.sleep(TICK_S)

    async def _commit(self, batch: dict[Stream, list[str]]) -> None:
        pieces = {stream: Piece(stream.pk, stream.seq + 1, "".join(texts)) for stream, texts in batch.items()}
        began = time.monotonic()
        try:
            stored = await _store_with_patience(list(pieces.values()))
        except Exception as error:
            log_fault(logger, f"Words of {len(pieces)} replies could not be stored", error)
            for stream in pieces:
                stream.broken(STORAGE)
            return
        metrics.observe_commit(time.monotonic() - began)
        for stream, piece in pieces.items():
            await _tell(stream, piece, piece.pk in stored)


_journals: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Journal] = weakref.WeakKeyDictionary()
metrics.watch("journal_lag_seconds", lambda: max((journal.lag_s for journal in list(_journals.values())), default=0.0))


def get_journal() -> Journal:
    """The running event loop's journal."""
    return _journals.setdefault(asyncio.get_running_loop(), Journal())


def storable(text: str) -> str:
    """The text without what a database refuses: NUL and halves of surrogate pairs."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def store(pieces: list[Piece], again: bool = False) -> set[int]:
    """Append each piece to its reply if that is still running here, in one transaction; the keys that are stored.

    With `again`, pieces that an earlier attempt stored, although it seemed to fail, count as stored.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        length = _running([piece.pk for piece in pieces])
        fresh = [piece for piece in pieces if length.get(piece.pk) == piece.seq - 1]
        _append(cursor, [(piece.text, piece.seq, piece.pk) for piece in fresh])
        there = [piece for piece in pieces if again and length.get(piece.pk) == piece.seq]
    return {piece.pk for piece in fresh + there}


def _append(cursor: Any, rows: list[tuple[str, int, int]]) -> None:
    if connection.vendor == "postgresql":
        cursor.execute(_APPEND_ALL, [[row[column] for row in rows] for column in range(3)])
    else:
        cursor.executemany(_APPEND, rows)


def _running(keys: list[int]) -> dict[int, int]:
    """How many pieces each reply has that still runs in this process, locked until the transaction ends."""
    ours = Message.objects.filter(pk__in=keys, status=Status.STREAMING, process=processes.this_process())
    return dict(ours.select_for_update().order_by("pk").values_list("pk", "seq"))


async def _store_with_patience(pieces: list[Piece]) -> set[int]:
    for attempt in range(RETRIES):
        try:
            return await off_loop(store, pieces, again=attempt > 0)
        except DatabaseError as error:
            logger.warning("The journal could not write and tries again: %s", type(error).__name__)
            await asyncio.sleep(RETRY_S)
    return await off_loop(store, pieces, again=True)


async def _tell(stream: Stream, piece: Piece, stored: bool) -> None:
    if not stored:
        stream.ended_elsewhere()
        return
    stream.seq = piece.seq
    await events.publish(stream.conversation_id, events.delta(stream.message_id, piece.seq, piece.text))
