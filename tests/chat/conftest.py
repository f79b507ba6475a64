"""People and conversations for the chat's tests; everything on a real database."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from chat import actions
from chat.access import Actor
from chat.actions import Ending, Turn
from chat.enums import Status
from chat.models import Conversation, Message

ANN = Actor(visitor="ann")
BOB = Actor(visitor="bob")


@pytest.fixture
def ann() -> Actor:
    """A visitor."""
    return ANN


@pytest.fixture
def bob() -> Actor:
    """Another visitor, who owns nothing of Ann's."""
    return BOB


@pytest.fixture
def conversation(db: None, ann: Actor) -> Conversation:
    """An empty conversation of Ann's."""
    return actions.create_conversation(ann)


def client_id() -> str:
    """A browser's id for a message."""
    return str(uuid.uuid4())


def say(conversation: Conversation, text: str = "Where is my card?", reply: str = "On its way.") -> Turn:
    """A finished turn."""
    turn = actions.start_turn(conversation, client_id(), text)
    return Turn(turn.message, end(turn.reply, Status.COMPLETE, reply))


def end(reply: Message, status: Status = Status.COMPLETE, text: str = "On its way.") -> Message:
    """End a running reply with this text."""
    Message.objects.filter(pk=reply.pk).update(content=text, seq=1)
    message = actions.finish_reply(reply.pk, Ending(status, {}))
    assert message is not None
    return message


Say = Callable[..., Turn]
