"""chat/heart.py: a beat frees the model from lost replies, tells of dead ones, and goes on with what is handed on."""

from __future__ import annotations

import asyncio

import pytest
from django.db import OperationalError

from chat import actions, heart, leases, processes, replies
from chat.models import Conversation, Message, Process
from tests.chat.conftest import ANN, client_id
from tests.chat.sockets import all_done, db, open_tab
from tests.chat.test_processes import lives
from tests.scripted import ScriptedBackend

pytestmark = pytest.mark.django_db(transaction=True)


async def _running(conversation: Conversation, content: str = "On ", writer: Process | None = None) -> Message:
    """A reply that another process writes, or nobody."""
    reply = (await db(actions.start_turn, conversation, client_id(), "Where is my card?")).reply
    await Message.objects.filter(pk=reply.pk).aupdate(content=content, seq=1, process=writer)
    return reply


async def test_a_stop_elsewhere_frees_the_model_before_the_first_word(
    conversation: Conversation, backend: ScriptedBackend
):
    await db(leases.register)
    backend.scripts.append([asyncio.Event(), "On "])
    reply = (await db(actions.start_turn, conversation, client_id(), "Hi")).reply
    replies.start(reply)
    while not backend.requests:
        await asyncio.sleep(0.005)
    await heart.beat()
    assert replies.running() == [reply.pk]
    await db(actions.stop_reply, reply)
    await heart.beat()
    await all_done()
    assert (len(backend.cancelled), (await Message.objects.aget(pk=reply.pk)).status) == (1, "stopped")


async def test_the_tabs_of_a_dead_process_hear_that_the_reply_broke_off(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(heart.Rhythm, "answered", lambda _self: True)
    await db(leases.register)
    reply = await _running(conversation, writer=await db(lives, "dead", 16))
    async with open_tab(conversation.public_id, ANN) as tab:
        await heart.beat()
        done = await tab.until("reply.done")
    assert (done["message_id"], done["status"], done["text"]) == (str(reply.public_id), "interrupted", "On ")


async def test_what_another_one_handed_on_goes_on_here(conversation: Conversation, backend: ScriptedBackend):
    other = await db(lives, "ended")
    await Process.objects.filter(pk=other.pk).aupdate(left=True)
    reply = await _running(conversation, writer=other)
    await db(leases.register)
    backend.scripts.append(["its ", "way."])
    async with open_tab(conversation.public_id, ANN) as tab:
        await heart.beat()
        done = await tab.until("reply.done")
        deltas = [event["seq"] for event in tab.seen if event["type"] == "reply.delta"]
    assert (done["status"], done["text"], deltas[0]) == ("complete", "On its way.", 2)
    assert [request.prefix for request in backend.requests] == ["On "]
    assert (await Message.objects.aget(pk=reply.pk)).process_id is None


def test_nobody_is_judged_until_the_database_has_answered_for_as_long_as_a_lease(monkeypatch: pytest.MonkeyPatch):
    clock = 100.0
    monkeypatch.setattr(heart.time, "monotonic", lambda: clock)
    rhythm, found = heart.Rhythm(), list[bool]()
    for pause_s in (2, 7, 7, 2, 8, 7, 7, 2):  # the lease is 15 s; 8 s without an answer were an outage
        clock += pause_s
        found.append(rhythm.answered())
    assert found == [False, False, False, True, False, False, False, True]


async def test_a_database_that_does_not_answer_is_no_end(db: None, monkeypatch: pytest.MonkeyPatch):
    def fail(*_args: object) -> None:
        raise OperationalError("secret")

    monkeypatch.setattr(leases, "beat", fail)
    await heart.beat()


async def test_who_was_stopped_for_long_beats_before_it_takes_new_work(db: None, monkeypatch: pytest.MonkeyPatch):
    beats: list[bool] = []

    async def beat() -> None:
        beats.append(heart._rhythms[asyncio.get_running_loop()].answered())

    monkeypatch.setattr(heart, "beat", beat)
    await heart.catch_up()  # one that does not serve has no heart
    heart._rhythms[asyncio.get_running_loop()] = heart.Rhythm()
    heart.start()
    await heart.catch_up()
    await heart.catch_up()
    assert len(beats) == 1
    await heart.stop()


async def test_it_beats_until_it_is_stopped(db: None, settings: object, monkeypatch: pytest.MonkeyPatch):
    beats = asyncio.Event()

    async def beat() -> None:
        beats.set()

    monkeypatch.setattr(heart, "beat", beat)
    heart.start()
    heart.start()
    await beats.wait()
    await heart.stop()
    await heart.stop()
    assert processes.this_process() is None
