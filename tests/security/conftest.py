"""Seven kinds of people, and what two of them own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from chat import actions
from chat.access import VISITOR_KEY, Actor
from chat.enums import FeedbackReasonCode, FeedbackValue
from chat.models import Conversation, Message
from tests.chat.conftest import say
from tests.scripted import ScriptedBackend

ACTORS = ("visitor_a", "visitor_b", "user_a", "user_b", "staff", "reviewer", "superuser")
OWNERS = ("visitor_a", "user_a")


@dataclass
class Property:
    """A conversation with a rated answer."""

    conversation: Conversation
    question: Message
    answer: Message

    @property
    def id(self) -> str:
        return str(self.conversation.public_id)


class World:
    """Who there is, and what belongs to whom."""

    def __init__(self) -> None:
        self.users = {name: User.objects.create_user(name) for name in ACTORS[2:]}
        self._promote()
        self.actors = {name: self._actor(name) for name in ACTORS}
        self.owned = {name: self._property(name) for name in ACTORS}

    def client(self, name: str, csrf: bool = False) -> Client:
        """A browser in which this person has been before."""
        client = Client(enforce_csrf_checks=csrf)
        if name in self.users:
            client.force_login(self.users[name])
        else:
            session = client.session
            session[VISITOR_KEY] = name
            session.save()
        return client

    def _promote(self) -> None:
        for name in ("staff", "reviewer", "superuser"):
            self.users[name].is_staff = True
            self.users[name].is_superuser = name == "superuser"
            self.users[name].save()
        wanted = ("read_transcripts", "view_comparison", "add_review")
        self.users["reviewer"].user_permissions.add(*Permission.objects.filter(codename__in=wanted))

    def _actor(self, name: str) -> Actor:
        return Actor(user_id=self.users[name].pk) if name in self.users else Actor(visitor=name)

    def _property(self, name: str) -> Property:
        conversation = actions.create_conversation(self.actors[name])
        turn = say(conversation, f"A question of {name}", f"The answer for {name}")
        reasons = [FeedbackReasonCode.GOOD_CLEAR]
        actions.set_feedback(self.actors[name], turn.reply, FeedbackValue.GOOD, reasons, f"Thanks from {name}")
        conversation.refresh_from_db()
        return Property(conversation, turn.message, turn.reply)


@pytest.fixture
def world(transactional_db: None, backend: ScriptedBackend) -> Iterator[World]:
    """Everybody, with a model from a script."""
    return World()
