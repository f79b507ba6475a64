"""chat/startup.py: a dead process's replies are marked before the first request is answered."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from chat import actions, heart, leases, startup
from chat.models import Conversation, Message
from chat.startup import AfterRestart
from tests.chat.conftest import client_id
from tests.chat.sockets import db

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would find replies that nobody writes."""
    monkeypatch.setattr(heart, "start", lambda: None)


class Application:
    """Notes the status of the reply when it is called."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.seen.append((await Message.objects.aget(role="assistant")).status)


async def test_every_first_request_waits_for_the_marking_which_is_done_once(conversation: Conversation):
    reply = (await db(actions.start_turn, conversation, client_id(), "Hi")).reply
    inner = Application()
    outer = AfterRestart(inner)
    await asyncio.gather(*(outer({}, None, None) for _ in range(3)))
    assert inner.seen == ["interrupted"] * 3
    await db(actions.continue_reply, reply)
    await outer({}, None, None)
    assert inner.seen[-1] == "streaming"


async def test_with_a_shared_layer_a_running_reply_may_be_anothers(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
):
    await db(actions.start_turn, conversation, client_id(), "Hi")
    monkeypatch.setattr(startup, "get_channel_layer", object)
    inner = Application()
    await AfterRestart(inner)({}, None, None)
    assert inner.seen == ["streaming"]


async def test_a_database_that_cannot_be_written_does_not_stop_the_site(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
):
    def fail() -> int:
        raise RuntimeError

    await db(actions.start_turn, conversation, client_id(), "Hi")
    monkeypatch.setattr(leases, "interrupt_orphans", fail)
    inner = Application()
    await AfterRestart(inner)({}, None, None)
    assert inner.seen == ["streaming"]
