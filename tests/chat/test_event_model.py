"""The events of a tab, applied to its first snapshot, give what a fresh snapshot gives.

A page that reads: `apply` is the smallest one that follows the rules in chat/events.py. Everything here goes
through real sockets; what is done, and which events come twice, is drawn at random with a seed.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.conf import LazySettings

from chat import consumers
from chat.access import Actor
from chat.models import Conversation
from inference import FinishReason
from inference.errors import StepFailed
from tests.chat.conftest import client_id
from tests.chat.sockets import Tab, all_done, open_tab
from tests.scripted import Fail, ScriptedBackend, Step

pytestmark = pytest.mark.django_db(transaction=True)

State = dict[str, Any]
SCRIPTS: list[list[Step]] = [
    ["On ", "its ", "**way**."],
    ["在", "路上。"],
    [],
    ["It ", Fail(StepFailed("x"))],
    ["It ", FinishReason.CANCELLED],
]


def apply(state: State, event: State) -> State:
    """The state after an event; a gap is an error here, because these tests lose nothing."""
    return _APPLY[event["type"]](state, event)


def _find(state: State, key: str) -> State | None:
    return next((message for message in state["messages"] if message["id"] == key), None)


def _change(state: State, key: str, **changes: Any) -> State:
    messages = [{**message, **changes} if message["id"] == key else message for message in state["messages"]]
    return {**state, "messages": messages}


def _created(state: State, event: State) -> State:
    for message in event["messages"]:
        known = _find(state, message["id"])
        if known is not None and known["seq"] >= message["seq"]:
            continue  # a copy that is not newer
        ids = [shown["id"] for shown in state["messages"]]
        keep = ids.index(message["parent"]) + 1 if message["parent"] in ids else 0
        running = message["id"] if message["status"] == "streaming" else None
        state = {**state, "messages": [*state["messages"][:keep], message], "running": running}
    return state


def _delta(state: State, event: State) -> State:
    message = _find(state, event["message_id"])
    if message is None or event["seq"] <= message["seq"]:
        return state
    assert event["seq"] == message["seq"] + 1
    return _change(state, message["id"], seq=event["seq"], text=message["text"] + event["text"])


def _resumed(state: State, event: State) -> State:
    message = _find(state, event["message_id"])
    if message is None or message["seq"] > event["seq"]:
        return state
    state = _change(state, event["message_id"], status="streaming", html=None)
    return {**state, "running": event["message_id"]}


def _done(state: State, event: State) -> State:
    changes = {name: value for name, value in event.items() if name not in ("type", "message_id")}
    state = _change(state, event["message_id"], **changes)
    if state["running"] != event["message_id"]:
        return state
    return {**state, "running": next((one["id"] for one in state["messages"] if one["status"] == "streaming"), None)}


_APPLY = {
    "snapshot": lambda state, event: event,
    "turn.created": _created,
    "reply.delta": _delta,
    "reply.resumed": _resumed,
    "reply.done": _done,
    "feedback.saved": lambda state, event: _change(state, event["message_id"], feedback=event["feedback"]),
    "conversation.updated": lambda state, event: {**state, "conversation": event["conversation"]},
    "error": lambda state, event: state,
}


class Reader:
    """A tab with its state; some events reach it twice, one right after the other."""

    def __init__(self, tab: Tab, chance: random.Random) -> None:
        self.tab, self.chance = tab, chance
        self.state: State = {}

    async def read(self) -> State:
        """Take in everything up to the answer of a sync, which is not applied but compared with."""
        await self.tab.send("sync")
        while True:
            event = await self.tab.next()
            if event["type"] == "snapshot" and self.state:
                return event
            for _ in range(2 if self.chance.random() < 0.2 else 1):
                self.state = apply(self.state, event)


async def _act(tab: Tab, state: State, chance: random.Random) -> None:
    replies = [message for message in state["messages"] if message["role"] == "assistant"]
    questions = [message for message in state["messages"] if message["role"] == "user"]
    text = chance.choice(["Where is my card?", "我的卡在哪里？"])
    if not replies or chance.random() < 0.4:
        await tab.send("message.send", client_id=client_id(), text=text)
        return
    key, last = chance.choice(replies)["id"], replies[-1]["id"]
    kind = chance.choice(["edit", "regenerate", "continue", "stop", "rate", "clear"])
    if kind == "edit":
        await tab.send("message.edit", message_id=chance.choice(questions)["id"], client_id=client_id(), text=text)
    elif kind == "rate":
        reasons = chance.choice([[], ["slow", "wrong"]])
        await tab.send("feedback.set", message_id=key, value=-1, reasons=reasons, comment="Hm")
    elif kind == "clear":
        await tab.send("feedback.clear", message_id=key)
    else:
        await tab.send(f"reply.{kind}", message_id=last if kind == "continue" else key)


@pytest.mark.parametrize("seed", range(8))
async def test_events_on_an_old_state_give_the_new_state(
    conversation: Conversation,
    ann: Actor,
    backend: ScriptedBackend,
    settings: LazySettings,
    seed: int,
    monkeypatch: pytest.MonkeyPatch,
):
    settings.CHAT_LIMITS = {**settings.CHAT_LIMITS, **dict.fromkeys(("rate_visitor", "rate_conversation"), (10**6, 60))}
    settings.CHAT_LIMITS["rate_address"] = (10**6, 60)
    monkeypatch.setattr(consumers, "FRAME_BURST", 10**6)
    chance = random.Random(seed)
    async with open_tab(conversation.public_id, ann) as tab, open_tab(conversation.public_id, ann) as other:
        reader = Reader(other, chance)
        reader.state = tab_state = await _snapshot(tab)
        for _ in range(14):
            backend.scripts[:] = [chance.choice(SCRIPTS)]
            await _act(tab, tab_state, chance)
            tab_state = await _snapshot(tab)
            await all_done()
            fresh = await reader.read()
            assert reader.state == fresh
            tab_state = fresh


@pytest.mark.parametrize("seed", range(4))
async def test_two_answers_at_once_are_told_as_well(
    conversation: Conversation, ann: Actor, duel: tuple[ScriptedBackend, ScriptedBackend], seed: int
):
    """What begins, decides and leaves a comparison is told by a snapshot; all between by the events of the two."""
    chance = random.Random(seed)
    async with open_tab(conversation.public_id, ann) as tab, open_tab(conversation.public_id, ann) as other:
        state = await _snapshot(other)
        for kind, replies in {"compare": 2, "vote": 0, "ask": 1}.items():
            for engine in duel:
                engine.scripts[:] = [chance.choice(SCRIPTS)]
            await _step(tab, kind, state, chance)
            await tab.until("snapshot")
            state = await _read_until_ended(other, replies)
            assert state == await _snapshot(other)


async def _step(tab: Tab, kind: str, state: State, chance: random.Random) -> None:
    if kind == "vote":
        better = chance.choice(["a", "b", "tie", "both_bad"])
        question = state["comparison"]["id"]
        await tab.send("comparison.vote", message_id=question, better=better, reasons=[], guess="")
    else:
        name = "message.compare" if kind == "compare" else "message.send"
        await tab.send(name, client_id=client_id(), text="Where is my card?")


async def _read_until_ended(tab: Tab, replies: int) -> State:
    """The state after one snapshot and the ends of so many replies."""
    await tab.until("snapshot")
    state = tab.seen[-1]
    while replies:
        event = await tab.next()
        replies -= event["type"] == "reply.done"
        state = apply(state, event)
    return state


async def _snapshot(tab: Tab) -> State:
    await tab.send("sync")
    return await tab.until("snapshot")
