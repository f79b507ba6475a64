"""chat/events.py: sending to a group, and what a reader gets."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils.translation import override

from chat import actions, events
from chat.actions import Ending
from chat.enums import Status
from chat.errors import RateLimited
from chat.hub import get_hub
from chat.models import Conversation
from tests.chat.conftest import client_id

ID = "6f2c1c1e-5b0f-4a0e-9a68-1f9d9f7c2b11"


class Socket:
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, Any], str]] = []

    async def hear(self, event: dict[str, Any], frame: str) -> None:
        self.heard.append((event, frame))


async def _published(event: dict[str, Any]) -> tuple[dict[str, Any], str]:
    socket = Socket()
    get_hub().join(ID, socket)
    await events.publish(ID, event)
    return socket.heard[0]


async def test_an_event_goes_out_as_it_is_and_as_json():
    event = events.delta(ID, 1, "word")
    assert await _published(event) == (event, json.dumps(event))


async def test_too_big_an_event_becomes_a_resync():
    assert await _published(events.delta(ID, 1, "你" * 20_000)) == (events.RESYNC, json.dumps(events.RESYNC))


@pytest.mark.django_db
def test_the_end_of_a_reply_is_told_in_the_readers_language(conversation: Conversation):
    reply = actions.start_turn(conversation, client_id(), "Hi").reply
    failed = actions.finish_reply(reply.pk, Ending(Status.FAILED, {}, "overloaded"))
    assert failed is not None
    event = events.done(failed, retry_after_s=1.2)
    with override("en"):
        assert events.localized(event) == {
            "type": "reply.done",
            "message_id": str(reply.public_id),
            "status": "failed",
            "seq": 0,
            "text": "",
            "html": "",
            "lang": "en",
            "detail": "Too many people are asking right now. Please try again in 1 second.",
            **{"engine": "", "confidence": "", "abstained": False, "sources": []},
        }


@pytest.mark.django_db
def test_a_complete_reply_has_no_detail(conversation: Conversation):
    reply = actions.start_turn(conversation, client_id(), "Hi").reply
    done = actions.finish_reply(reply.pk, Ending(Status.COMPLETE, {}))
    assert done is not None
    assert events.localized(events.done(done))["detail"] == ""


def test_an_error_names_what_it_is_about():
    problem = RateLimited("Later.", retry_after_s=3)
    problem.client_id = ID
    expected = {"type": "error", "code": "rate_limited", "detail": "Later.", "client_id": ID, "retry_after_s": 3}
    assert events.error(problem) == expected
