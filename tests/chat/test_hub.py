"""chat/hub.py: events to the sockets of this process and, through a layer, to those of others."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer

from chat import hub
from chat.hub import RESYNC, Hub, get_hub

A, B = "conversation-a", "conversation-b"
PATIENCE_S = 30
Event = dict[str, Any]


class Socket:
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[Event] = []

    async def hear(self, event: Event, frame: str) -> None:
        assert event is RESYNC or json.loads(frame) == event
        self.heard.append(event)


class Doubtful(Socket):
    """Believes in replies of which it hears nothing."""

    def __init__(self, *believed: str) -> None:
        super().__init__()
        self.believed = set(believed)

    def doubtful(self, known: set[str]) -> bool:
        return not self.believed <= known


class Broken(Socket):
    """Cannot be written to."""

    async def hear(self, event: Event, frame: str) -> None:
        raise OSError("secret")


def word(text: str) -> Event:
    return {"type": "reply.delta", "text": text}


async def tell(sender: Hub, conversation_id: str, event: Event) -> None:
    await sender.tell(conversation_id, event, json.dumps(event))


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def two_processes() -> AsyncIterator[tuple[InMemoryChannelLayer, Hub, Hub, Socket, Socket]]:
    """Two hubs on one layer, each with a socket on conversation A, in touch with each other."""
    layer = InMemoryChannelLayer(capacity=1000)
    here, there = Hub(layer), Hub(layer)
    near, far = Socket(), Socket()
    here.join(A, near)
    there.join(A, far)
    await until(lambda: len(layer.groups.get(hub.PROCESSES, ())) == 2)
    try:
        yield layer, here, there, near, far
    finally:
        for task in (here._line, there._line):
            assert task is not None
            task.cancel()


async def test_a_conversations_sockets_hear_it_and_no_others():
    ours, second, other = Socket(), Socket(), Socket()
    own = Hub()
    own.join(A, ours)
    own.join(A, second)
    own.join(B, other)
    await tell(own, A, word("1"))
    own.leave(A, second)
    await tell(own, A, word("2"))
    assert (ours.heard, second.heard, other.heard) == ([word("1"), word("2")], [word("1")], [])


async def test_what_has_left_is_forgotten():
    own, socket = Hub(), Socket()
    own.join(A, socket)
    own.leave(A, socket)
    own.leave(B, socket)
    assert (own.listening(), dict(own._listeners)) == ([], {})


async def test_a_socket_that_fails_takes_nothing_from_the_others(caplog: Any):
    own, socket = Hub(), Socket()
    for listener in (Broken(), socket, Broken()):
        own.join(A, listener)
    await tell(own, A, word("1"))
    assert socket.heard == [word("1")]
    assert ("OSError" in caplog.text, "secret" in caplog.text) == (True, False)


async def test_with_the_layer_in_memory_there_are_no_other_processes():
    assert get_hub() is get_hub()
    assert get_hub()._layer is None


async def test_another_process_hears_every_event_once_and_in_order():
    async with two_processes() as (_, here, _there, near, far):
        words = [word(str(number)) for number in range(hub.MAX_BATCH + 50)]
        for event in words:
            await tell(here, A, event)
        await until(lambda: len(far.heard) >= len(words))
        assert (near.heard, far.heard) == (words, words)


async def test_what_a_process_missed_makes_its_tabs_read_the_state(caplog: Any):
    async with two_processes() as (_, here, _there, _near, far):
        await tell(here, A, word("1"))
        await until(lambda: bool(far.heard))
        assert caplog.text == ""
        here._sent += 1
        await tell(here, A, word("3"))
        await until(lambda: RESYNC in far.heard)
    assert [event for event in far.heard if event is not RESYNC] == [word("1"), word("3")]
    assert "were missed" in caplog.text


async def test_a_process_that_the_layer_forgot_comes_back(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hub, "BEAT_S", 0.01)
    async with two_processes() as (layer, here, _there, _near, far):
        layer.groups.clear()
        await until(lambda: len(layer.groups.get(hub.PROCESSES, ())) == 2)
        await tell(here, A, word("1"))
        await until(lambda: word("1") in far.heard)


async def test_a_layer_that_fails_is_logged_once_and_loses_nothing_here(monkeypatch: pytest.MonkeyPatch, caplog: Any):
    async def fail(group: str, message: Event) -> None:
        raise ConnectionError(str(message))

    async with two_processes() as (layer, here, _there, near, far):
        with monkeypatch.context() as patch:
            patch.setattr(layer, "group_send", fail)
            for text in ("secret", "2"):
                await tell(here, A, word(text))
                assert here._sending is not None
                await here._sending
        await tell(here, A, word("3"))
        await until(lambda: len(far.heard) == 2)
    assert near.heard == [word("secret"), word("2"), word("3")]
    assert sorted(far.heard, key=lambda event: event is RESYNC) == [word("3"), RESYNC]
    assert caplog.text.count("cannot be told") == 1
    assert "secret" not in caplog.text


async def test_a_line_that_breaks_is_taken_up_again(monkeypatch: pytest.MonkeyPatch, caplog: Any):
    monkeypatch.setattr(hub, "RETRY_S", 0.0)
    monkeypatch.setattr(hub, "BEAT_S", 0.01)
    async with two_processes() as (layer, _here, _there, _near, far):
        with monkeypatch.context() as patch:

            async def fail(*_: object) -> None:
                raise ConnectionError("secret")

            patch.setattr(layer, "group_add", fail)
            await until(lambda: "broke: ConnectionError" in caplog.text)
        await until(lambda: RESYNC in far.heard)
    assert "secret" not in caplog.text


async def test_tabs_that_wait_in_vain_read_the_state_again():
    here = Hub()
    in_vain, in_good_faith = Doubtful("a", "b"), Doubtful("a")
    here.join(A, in_vain)
    here.join(A, in_good_faith)
    here.resync_doubtful({"a"})
    await until(lambda: in_vain.heard != [])
    assert (in_vain.heard, in_good_faith.heard) == ([RESYNC], [])
