"""chat/consumers.py: sockets of real sessions on a real database, answers from a script."""

from __future__ import annotations

import asyncio

import pytest

from chat.access import Actor
from chat.models import Conversation
from tests.chat.conftest import client_id
from tests.chat.sockets import open_tab
from tests.scripted import ScriptedBackend

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_question_is_answered_word_by_word(conversation: Conversation, ann: Actor, backend: ScriptedBackend):
    go = asyncio.Event()
    backend.scripts.append(["On ", go, "its **way**."])
    async with open_tab(conversation.public_id, ann) as tab:
        await tab.send("message.send", client_id=client_id(), text="Where is my card?")
        created = await tab.until("turn.created")
        question, reply = created["messages"]
        delta = await tab.until("reply.delta")
        go.set()
        done = await tab.until("reply.done")
    assert (question["text"], question["role"], reply["status"]) == ("Where is my card?", "user", "streaming")
    assert delta == {"type": "reply.delta", "message_id": reply["id"], "seq": 1, "text": "On "}
    assert done == {
        "type": "reply.done",
        "message_id": reply["id"],
        "status": "complete",
        "seq": 2,
        "text": "On its **way**.",
        "html": "<p>On its <strong>way</strong>.</p>\n",
        "detail": "",
        "sources": ["card_arrival"],
    }
