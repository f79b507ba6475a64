"""chat/watching.py: one look at many open sockets. How sockets are closed by it: test_consumers.py."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore

from chat import actions, watching
from chat.access import Actor
from chat.models import Conversation
from chat.watching import NOT_FOUND, SIGNED_OUT, Claim, Watch, refusals
from tests.chat.sockets import make_session


class Page:
    """A socket that is only looked after."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.looks: list[None] = []
        self.code = 0

    def look_at_model(self) -> None:
        self.looks.append(None)

    async def turn_away(self, code: int) -> None:
        self.code = code


def claim(actor: Actor, conversation: Conversation) -> Claim:
    return Claim(make_session(actor), actor, conversation.public_id)


@pytest.mark.django_db
def test_what_does_not_hold_any_more_is_named_with_its_code(conversation: Conversation, ann: Actor, bob: Actor):
    good, ended, foreign = claim(ann, conversation), claim(ann, conversation), claim(bob, conversation)
    another, gone = Claim(good.session_key, bob, conversation.public_id), Claim(good.session_key, ann, uuid.uuid4())
    SessionStore(ended.session_key).flush()
    assert refusals([good, ended, foreign, another, gone]) == {
        ended: SIGNED_OUT,
        foreign: NOT_FOUND,
        another: SIGNED_OUT,
        gone: NOT_FOUND,
    }


@pytest.mark.django_db
def test_a_deleted_conversation_is_not_there(conversation: Conversation, ann: Actor):
    opened = claim(ann, conversation)
    actions.delete(conversation)
    assert refusals([opened]) == {opened: NOT_FOUND}


async def test_a_check_that_fails_closes_nothing_and_is_made_again(monkeypatch: pytest.MonkeyPatch, caplog: Any):
    tries = []

    def fail(claims: list[Claim]) -> dict[Claim, int]:
        tries.append(len(claims))
        if len(tries) == 1:
            raise RuntimeError("secret")
        return {claims[0]: NOT_FOUND}

    monkeypatch.setattr(watching, "RECHECK_S", 0.01)
    monkeypatch.setattr(watching, "refusals", fail)
    watch, page = Watch(), Page(Claim("key", Actor(visitor="ann"), uuid.uuid4()))
    watch.add(page)
    while not page.code:
        await asyncio.sleep(0.005)
    watch.remove(page)
    assert (page.code, "RuntimeError" in caplog.text, "secret" in caplog.text) == (NOT_FOUND, True, False)
    assert page.looks
    assert watch._task is not None
    await asyncio.wait([watch._task])  # with nobody to look after it ends
