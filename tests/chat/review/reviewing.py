"""Answers in a queue, and people who review them."""

from __future__ import annotations

from importlib import import_module
from itertools import count
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, User

from chat import actions as chat_actions
from chat.access import Actor
from chat.models import Message
from chat.review import waiting
from chat.review.actions import Scorecard
from chat.review.enums import Stream
from chat.review.models import ReviewItem, ReviewQueue, Rubric
from tests.chat.conftest import say

_names = (f"reviewer-{number}" for number in count())
BEST: dict[str, int | None] = {"correct": 5, "grounded": 3, "complete": 3, "clear": 3, "tone": 3, "safe": 2}


def shipped() -> ReviewQueue:
    """The queue as the migration leaves it, also after a test that has emptied all tables."""
    migration = import_module("chat.review.migrations.0004_shipped")
    if not Rubric.objects.exists():
        migration.ship(apps, None)
    migration.make_groups(apps, None)
    import_module("chat.review.migrations.0002_reviewers").make_group(apps, None)
    queue = waiting.the_queue()
    assert queue is not None
    return queue


def person(*groups: str, **fields: Any) -> User:
    """Somebody of staff in these groups; a reviewer if none is said."""
    user = User.objects.create_user(next(_names), is_staff=True, **fields)
    user.groups.set(Group.objects.filter(name__in=groups or ("Reviewers",)))
    return user


def answer(text: str = "Where is my card?", reply: str = "On its way.", who: str = "ann") -> Message:
    """An answer in a conversation of its own."""
    return say(chat_actions.create_conversation(Actor(visitor=who)), text, reply).reply


def queued(queue: ReviewQueue, message: Message | None = None, **fields: Any) -> ReviewItem:
    """An answer that waits in the queue."""
    facts = {"stream": Stream.RANDOM, "sampling_probability": 0.5, **fields}
    return ReviewItem.objects.create(queue=queue, message=message or answer(), **facts)


def card(causes: dict[str, str] | None = None, **levels: int | None) -> Scorecard:
    """The best ratings, but for these."""
    return Scorecard(version=1, levels={**BEST, **levels}, causes=causes or {})
