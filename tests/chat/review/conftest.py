"""Questions with two answers, and people who vote on them."""

from __future__ import annotations

import pytest

from chat import actions as chat_actions
from chat.access import Actor
from chat.models import Conversation, Generation, Message
from chat.review import actions
from chat.review.actions import Candidate
from chat.review.enums import Audience
from chat.review.models import Comparison
from tests.chat.conftest import end, say

RATER = Actor(visitor="rater")


def answer_again(reply: Message, text: str = "In ten days.") -> Message:
    """A second answer to the same question, finished."""
    return end(chat_actions.regenerate(reply), text=text)


def cite(reply: Message, *sources: str, **facts: object) -> None:
    """The record of a reply says that it cites these articles."""
    Generation.objects.filter(message=reply).update(sources=list(sources), **facts)


def compare(
    conversation: Conversation, text: str = "Where is my card?", engines: tuple[str, str] = ("rules", "gpt2")
) -> Comparison:
    """A question with two answers, the first on the left."""
    first = say(conversation, text).reply
    second = answer_again(first)
    pair = (Candidate(first, engines[0]), Candidate(second, engines[1]))
    return actions.create_comparison(*pair, Audience.STAFF, left_is_first=True)


@pytest.fixture
def comparison(conversation: Conversation) -> Comparison:
    """The rules on the left, GPT-2 on the right."""
    return compare(conversation)
