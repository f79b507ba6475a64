"""chat/draining.py: a process that ends loses nothing, and leaves to others what it cannot finish."""

from __future__ import annotations

import asyncio

import pytest
from django.conf import LazySettings

from chat import actions, draining, leases, processes, replies
from chat.models import Conversation, Message, Process
from tests.chat.conftest import client_id
from tests.chat.sockets import db
from tests.chat.test_processes import lives
from tests.scripted import ScriptedBackend

pytestmark = pytest.mark.django_db(transaction=True)


class Door:
    """Notes that the tabs were sent away."""

    def __init__(self) -> None:
        self.opened = 0

    async def send_away(self) -> None:
        self.opened += 1


async def _reply(conversation: Conversation, backend: ScriptedBackend, go: asyncio.Event) -> Message:
    """A reply that has said its first word."""
    await db(leases.register)
    backend.scripts.append(["On ", go, "its way."])
    reply: Message = (await db(actions.start_turn, conversation, client_id(), "Hi")).reply
    replies.start(reply)
    while not (await Message.objects.aget(pk=reply.pk)).content:
        await asyncio.sleep(0.005)
    return reply


async def _end(reply: Message) -> tuple[str, str]:
    fresh = await Message.objects.aget(pk=reply.pk)
    return fresh.status, fresh.content


async def test_what_ends_in_time_ends_well(
    conversation: Conversation, backend: ScriptedBackend, settings: LazySettings
):
    settings.CHAT_DRAIN_S = 60
    go, door = asyncio.Event(), Door()
    reply = await _reply(conversation, backend, go)
    end = asyncio.create_task(draining.drain(door.send_away))
    while not processes.draining():
        await asyncio.sleep(0.005)
    go.set()
    await end
    assert (await _end(reply), door.opened) == (("complete", "On its way."), 0)
    assert (await Process.objects.acount(), processes.this_process()) == (0, None)


async def test_alone_it_cuts_short_what_takes_longer(
    conversation: Conversation, backend: ScriptedBackend, settings: LazySettings
):
    settings.CHAT_DRAIN_S = 0
    door = Door()
    reply = await _reply(conversation, backend, asyncio.Event())
    await draining.drain(door.send_away)
    assert (await _end(reply), door.opened) == (("interrupted", "On "), 0)


async def test_with_another_one_there_it_hands_on_and_sends_the_tabs_away(
    conversation: Conversation, backend: ScriptedBackend, settings: LazySettings
):
    settings.CHAT_DRAIN_S = 0
    door = Door()
    reply = await _reply(conversation, backend, asyncio.Event())
    await db(lives, "other")
    this = processes.this_process()
    await draining.drain(door.send_away)
    assert (await _end(reply), door.opened) == (("streaming", "On "), 1)
    row = await Process.objects.aget(pk=this)
    assert (row.draining, row.left) == (True, True)
    assert (await Message.objects.aget(pk=reply.pk)).process_id == this


async def test_without_a_database_it_ends_all_the_same(db: None, monkeypatch: pytest.MonkeyPatch):
    def fail(*_args: object) -> None:
        raise RuntimeError

    for name in ("beat", "leave"):
        monkeypatch.setattr(leases, name, fail)
    monkeypatch.setattr(processes, "peers", fail)
    await draining.drain(Door().send_away)
    assert processes.draining()
