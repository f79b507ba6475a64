"""chat/journal.py: nothing is told that is not stored; many replies, one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError
from pytest_django import DjangoAssertNumQueries

from chat import actions, events, journal
from chat.enums import Status
from chat.journal import Piece, get_journal, storable, store
from chat.models import Conversation, Message
from chat.reply_errors import STORAGE
from tests.chat.conftest import ANN, client_id, end
from tests.chat.sockets import db

pytestmark = pytest.mark.django_db(transaction=True)


class Stream:
    """What the journal knows of a running reply, and what it was told about it."""

    def __init__(self, message: Message) -> None:
        self.pk = message.pk
        self.message_id = str(message.public_id)
        self.conversation_id = str(message.conversation.public_id)
        self.seq = message.seq
        self.news: list[str] = []

    def ended_elsewhere(self) -> None:
        """The reply does not run any more."""
        self.news.append("ended")

    def broken(self, code: str) -> None:
        """Its text could not be stored."""
        self.news.append(code)


def _reply() -> Message:
    return actions.start_turn(actions.create_conversation(ANN), client_id(), "Hi").reply


async def _stream() -> Stream:
    return Stream(await db(_reply))


def _row(stream: Stream) -> tuple[str, int]:
    row = Message.objects.get(pk=stream.pk)
    return row.content, row.seq


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, str, str]]:
    """What was published: reply, number, text, and the text that was stored at that moment."""
    found: list[tuple[str, int, str, str]] = []

    async def publish(conversation_id: str, event: dict[str, Any]) -> None:
        row = await Message.objects.aget(public_id=event["message_id"])
        found.append((event["message_id"], event["seq"], event["text"], row.content))

    monkeypatch.setattr(events, "publish", publish)
    return found


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes the next writes fail, before or after they were committed."""

    def fail(times: int, error: Exception, committed: bool = False) -> None:
        left = [error] * times

        def flaky(pieces: list[Piece], again: bool = False) -> set[int]:
            stored = store(pieces, again) if committed or not left else set()
            if left:
                raise left.pop()
            return stored

        monkeypatch.setattr(journal, "store", flaky)

    monkeypatch.setattr(journal, "RETRY_S", 0)
    return fail


async def test_a_word_is_stored_before_it_is_told(told: list[tuple[str, int, str, str]]):
    stream = await _stream()
    get_journal().append(stream, "On ")
    await get_journal().flush(stream)
    get_journal().append(stream, "its ")
    get_journal().append(stream, "way.")
    await get_journal().flush(stream)
    assert told == [
        (stream.message_id, 1, "On ", "On "),
        (stream.message_id, 2, "its way.", "On its way."),
    ]
    assert await db(_row, stream) == ("On its way.", 2)


async def test_replies_share_a_tick(told: list[tuple[str, int, str, str]]):
    streams = [await _stream() for _ in range(3)]
    for stream in streams:
        get_journal().append(stream, "Hello")
    await get_journal().flush(streams[0])
    assert sorted(told) == sorted((stream.message_id, 1, "Hello", "Hello") for stream in streams)


def test_fifty_replies_take_two_statements(django_assert_num_queries: DjangoAssertNumQueries):
    replies = [_reply() for _ in range(50)]
    pieces = [Piece(reply.pk, 1, f"word {reply.pk}") for reply in replies]
    with django_assert_num_queries(4):  # begin, read, write, commit
        assert store(pieces) == {reply.pk for reply in replies}
    texts = Message.objects.filter(status=Status.STREAMING).values_list("pk", "content", "seq")
    assert set(texts) == {(piece.pk, piece.text, 1) for piece in pieces}


async def test_a_reply_that_was_stopped_gets_no_more_words(told: list[tuple[str, int, str, str]]):
    stream = await _stream()
    await db(actions.stop_reply, await Message.objects.aget(pk=stream.pk))
    get_journal().append(stream, "late")
    await get_journal().flush(stream)
    assert (stream.news, told, await db(_row, stream)) == (["ended"], [], ("", 0))


async def test_one_stopped_reply_does_not_hold_up_the_others(told: list[tuple[str, int, str, str]]):
    stopped, other = await _stream(), await _stream()
    await db(end, await Message.objects.aget(pk=stopped.pk), Status.FAILED, "")
    for stream in (stopped, other):
        get_journal().append(stream, "word")
    await get_journal().flush(other)
    assert (stopped.news, other.news, [row[0] for row in told]) == (["ended"], [], [other.message_id])


async def test_a_forgotten_word_is_neither_stored_nor_told(told: list[tuple[str, int, str, str]]):
    stream = await _stream()
    get_journal().append(stream, "late")
    get_journal().forget(stream)
    await get_journal().flush(stream)
    assert (told, await db(_row, stream)) == ([], ("", 0))


@pytest.mark.parametrize("committed", [False, True])
async def test_a_write_that_fails_is_tried_again_and_stored_once(
    told: list[tuple[str, int, str, str]], failing: Callable[..., None], committed: bool
):
    failing(2, OperationalError("database is locked"), committed)
    stream = await _stream()
    get_journal().append(stream, "On ")
    await get_journal().flush(stream)
    assert told == [(stream.message_id, 1, "On ", "On ")]
    assert await db(_row, stream) == ("On ", 1)


@pytest.mark.parametrize("error", [DatabaseError("disk full"), RuntimeError("a mistake")])
async def test_words_that_cannot_be_stored_are_not_told(
    told: list[tuple[str, int, str, str]], failing: Callable[..., None], error: Exception, caplog: Any
):
    failing(journal.RETRIES + 1, error)
    stream = await _stream()
    get_journal().append(stream, "secret words")
    await get_journal().flush(stream)
    assert (stream.news, told, await db(_row, stream)) == ([STORAGE], [], ("", 0))
    assert "secret" not in caplog.text


def test_a_piece_is_appended_only_where_it_belongs(conversation: Conversation):
    reply = actions.start_turn(conversation, client_id(), "Hi").reply
    assert store([Piece(reply.pk, 2, "b")]) == set()
    assert store([Piece(reply.pk, 1, "a")]) == {reply.pk}
    assert store([Piece(reply.pk, 1, "a")]) == set()
    assert store([Piece(reply.pk, 1, "a")], again=True) == {reply.pk}
    assert store([Piece(reply.pk, 2, "%s")]) == {reply.pk}
    reply.refresh_from_db()
    assert (reply.content, reply.seq) == ("a%s", 2)


def test_what_a_database_refuses_is_left_out():
    assert storable("a\x00b\ud800c") == "ab?c"


async def test_the_writer_ends_when_there_is_nothing_to_write(told: list[tuple[str, int, str, str]]):
    stream = await _stream()
    get_journal().append(stream, "a")
    await get_journal().flush(stream)
    writer = get_journal()._task
    assert writer is not None
    await asyncio.wait([writer])
    get_journal().append(stream, "b")
    await get_journal().flush(stream)
    assert await db(_row, stream) == ("ab", 2)
