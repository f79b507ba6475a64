"""chat/dispatch.py: for each command, what it does, that a stranger gets NotFound, and that limits hold."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable

import pytest
from django.conf import LazySettings

from chat import actions, dispatch, events, processes, queries
from chat.access import Actor
from chat.commands import (
    COMMANDS,
    ClearFeedback,
    Command,
    ContinueReply,
    EditMessage,
    LoadHistory,
    RegenerateReply,
    SelectVersion,
    SendMessage,
    SetChoice,
    SetFeedback,
    StopReply,
    Sync,
)
from chat.dispatch import Asker, Outcome
from chat.enums import FeedbackReasonCode, FeedbackValue, Status
from chat.errors import Conflict, NotFound, RateLimited, Restarting
from chat.models import Conversation, Message
from tests.chat.conftest import ANN, BOB, client_id, end, say
from tests.chat.sockets import all_done, db
from tests.scripted import ScriptedBackend

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("backend")]

Ids = tuple[uuid.UUID, uuid.UUID]  # a question and its reply


def _set_feedback(key: uuid.UUID) -> SetFeedback:
    return SetFeedback(key, FeedbackValue.BAD, (FeedbackReasonCode.SLOW,), "Hm")


# Each command on a conversation with one finished turn: how it is made, and what everybody and the sender are told.
TABLE: dict[str, tuple[Callable[[Ids], Command], list[str], list[str]]] = {
    "message.send": (
        lambda ids: SendMessage(client_id(), "And then?"),
        ["turn.created"],
        [],
    ),
    "message.edit": (lambda ids: EditMessage(ids[0], client_id(), "Other"), ["turn.created"], []),
    "reply.stop": (lambda ids: StopReply(ids[1]), ["reply.done"], []),
    "reply.regenerate": (lambda ids: RegenerateReply(ids[1]), ["turn.created"], []),
    "reply.continue": (lambda ids: ContinueReply(ids[1]), ["reply.resumed"], []),
    "version.select": (lambda ids: SelectVersion(ids[1]), ["resync"], []),
    "feedback.set": (lambda ids: _set_feedback(ids[1]), ["feedback.saved"], []),
    "feedback.clear": (lambda ids: ClearFeedback(ids[1]), ["feedback.saved"], []),
    "conversation.set": (lambda ids: SetChoice("", ""), ["conversation.updated"], []),
    "history.load": (lambda ids: LoadHistory(ids[1]), [], ["history"]),
    "sync": (lambda ids: Sync(), [], ["snapshot"]),
}


# Two answers side by side are another state: see test_comparing.py.
COMPARING = {"message.compare", "comparison.vote"}


def test_every_command_is_in_this_table_and_has_a_handler():
    assert set(TABLE) | COMPARING == set(COMMANDS)
    assert set(dispatch._HANDLERS) == set(COMMANDS.values())


def _turn(conversation: Conversation) -> Ids:
    """A turn whose reply was stopped, so that Continue has something to do."""
    turn = actions.start_turn(conversation, client_id(), "Where is my card?")
    end(turn.reply, Status.STOPPED)
    return turn.message.public_id, turn.reply.public_id


async def _do(conversation: Conversation, command: Command, actor: Actor = ANN, address: str = "1.2.3.4") -> Outcome:
    return await dispatch.dispatch(Asker(actor, address), conversation.public_id, command)


@pytest.mark.parametrize("name", TABLE)
async def test_the_owners_command_does_what_it_says(conversation: Conversation, name: str):
    make, told, answered = TABLE[name]
    outcome = await _do(conversation, make(await db(_turn, conversation)))
    await all_done()
    assert [event["type"] for event in outcome.publish] == told
    assert [event["type"] for event in outcome.answer] == answered


@pytest.mark.parametrize("name", TABLE)
async def test_a_stranger_gets_not_found_and_changes_nothing(conversation: Conversation, name: str):
    ids = await db(_turn, conversation)
    before = await db(_state)
    for actor in (BOB, Actor(), Actor(1), Actor(1, "ann")):
        with pytest.raises(NotFound):
            await _do(conversation, TABLE[name][0](ids), actor)
    assert await db(_state) == before


@pytest.mark.parametrize("name", [name for name in TABLE if name not in {"message.send", "conversation.set", "sync"}])
async def test_anothers_message_through_ones_own_conversation_is_not_found(
    conversation: Conversation, bob: Actor, name: str
):
    theirs = await db(_turn, conversation)
    own = await db(actions.create_conversation, bob)
    before = await db(_state)
    with pytest.raises(NotFound):
        await _do(own, TABLE[name][0](theirs), bob)
    assert await db(_state) == before


@pytest.mark.parametrize("name", TABLE)
async def test_an_unknown_or_deleted_conversation_is_not_found(conversation: Conversation, name: str):
    ids = await db(_turn, conversation)
    with pytest.raises(NotFound):
        await dispatch.dispatch(Asker(ANN), uuid.uuid4(), TABLE[name][0](ids))
    await db(actions.delete, conversation)
    with pytest.raises(NotFound):
        await _do(conversation, TABLE[name][0](ids))


def _state() -> list[tuple[object, ...]]:
    messages = Message.objects.order_by("pk").values_list("pk", "content", "status", "seq", "feedback__value")
    leaves = Conversation.objects.order_by("pk").values_list("pk", "active_leaf", "title", "deleted_at")
    return [*messages, *leaves]


async def test_a_message_sent_again_answers_the_sender_alone_and_starts_nothing(
    conversation: Conversation, backend: ScriptedBackend
):
    command = SendMessage(client_id(), "Hi")
    first = await _do(conversation, command)
    await all_done()
    again = await _do(conversation, command)
    ids = [message["id"] for message in first.publish[0]["messages"]]
    assert [message["id"] for message in again.answer[0]["messages"]] == ids
    assert (again.answer[0]["messages"][1]["text"], again.publish, len(backend.requests)) == ("Hello there.", [], 1)


async def test_the_same_message_ten_times_at_once_is_one_turn(conversation: Conversation, backend: ScriptedBackend):
    command = SendMessage(client_id(), "Hi")
    await asyncio.gather(*(_do(conversation, command) for _ in range(10)))
    await all_done()
    assert (await Message.objects.acount(), len(backend.requests)) == (2, 1)


async def test_the_first_message_gives_a_title_to_every_tab(conversation: Conversation):
    outcome = await _do(conversation, SendMessage(client_id(), "Where is my card?"))
    await all_done()
    heading = {"id": str(conversation.public_id), "title": "Where is my card?", "language": "en"}
    heading |= {"assistant": "", "engine": ""}
    assert outcome.publish[1] == {"type": "conversation.updated", "conversation": heading}


async def test_a_refusal_names_what_it_is_about(conversation: Conversation, backend: ScriptedBackend):
    go = asyncio.Event()
    backend.scripts.append([go])
    await _do(conversation, SendMessage(client_id(), "Hi"))
    late = SendMessage(client_id(), "Ho")
    with pytest.raises(Conflict) as caught:
        await _do(conversation, late)
    go.set()
    await all_done()
    assert caught.value.client_id == late.client_id


async def test_stop_frees_the_model(conversation: Conversation, backend: ScriptedBackend):
    backend.scripts.append(["On ", asyncio.Event()])
    outcome = await _do(conversation, SendMessage(client_id(), "Hi"))
    reply = uuid.UUID(outcome.publish[0]["messages"][1]["id"])
    while not backend.requests:
        await asyncio.sleep(0.01)
    stopped = await _do(conversation, StopReply(reply))
    await all_done()
    assert (stopped.publish[0]["status"], len(backend.cancelled)) == ("stopped", 1)


async def test_a_command_is_carried_out_although_the_asker_left(conversation: Conversation, backend: ScriptedBackend):
    asked = asyncio.create_task(_do(conversation, SendMessage(client_id(), "Hi")))
    while not dispatch._running:
        await asyncio.sleep(0)
    asked.cancel()
    await asyncio.wait([asked])
    await all_done()
    reply = await db(queries.newest_reply, await Message.objects.aget(role="user"))
    assert (asked.cancelled(), reply.status, reply.content) == (True, "complete", "Hello there.")


async def test_a_process_that_is_about_to_end_takes_no_new_work(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(processes, "draining", lambda: True)
    with pytest.raises(Restarting):
        await _do(conversation, SendMessage(client_id(), "Hi"))
    assert (await _do(conversation, Sync())).answer[0]["type"] == "snapshot"


@pytest.mark.parametrize(
    ("limit", "others"),
    [
        ("rate_visitor", {"address": "9.9.9.9"}),
        ("rate_conversation", {"address": "9.9.9.9"}),
        ("rate_address", {}),
    ],
)
async def test_each_rate_holds(conversation: Conversation, settings: LazySettings, limit: str, others: dict[str, str]):
    settings.CHAT_LIMITS = {**settings.CHAT_LIMITS, limit: (1, 60)}
    await _do(conversation, SendMessage(client_id(), "Hi"))
    await all_done()
    with pytest.raises(RateLimited) as caught:
        await _do(conversation, SendMessage(client_id(), "Hi"), **others)
    assert (caught.value.retry_after_s or 0) > 0
    assert (await _do(conversation, Sync())).answer[0]["type"] == "snapshot"
    assert await Message.objects.acount() == 2


async def test_older_messages_come_in_pages(conversation: Conversation, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(queries, "PAGE", 2)
    turns = [await db(say, conversation) for _ in range(3)]
    outcome = await _do(conversation, LoadHistory(turns[2].message.public_id))
    page = outcome.answer[0]
    ids = [str(turns[1].message.public_id), str(turns[1].reply.public_id)]
    assert ([message["id"] for message in page["messages"]], page["has_older"]) == (ids, True)


def test_every_event_that_is_published_is_small_enough_for_a_group():
    assert events.MAX_BYTES < 65_536
