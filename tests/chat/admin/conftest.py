"""Staff of several kinds, and conversations built message by message."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from chat.enums import Role, Status
from chat.models import Conversation, Feedback, FeedbackReason, Generation, Message

LIST = "/admin/chat/conversation/"


class Talk:
    """A conversation that grows: each message goes below the last one unless `parent` says otherwise."""

    def __init__(self, title: str = "Lost card", language: str = "en", **fields: Any) -> None:
        who = {} if "owner" in fields else {"visitor": "visitor-id"}
        self.conversation = Conversation.objects.create(title=title, language=language, **who, **fields)

    @property
    def url(self) -> str:
        return f"{LIST}{self.conversation.pk}/change/"

    def ask(self, text: str, **fields: Any) -> Message:
        return self._add(Role.USER, text, **fields)

    def answer(self, text: str, record: dict | None = None, **fields: Any) -> Message:
        message = self._add(Role.ASSISTANT, text, **fields)
        Generation.objects.create(
            message=message, **({"backend": "default", "checkpoint": "embedded"} | (record or {}))
        )
        return message

    def rate(
        self, message: Message, value: int, *reasons: str, comment: str = "", actor: str = "visitor:v"
    ) -> Feedback:
        feedback = Feedback.objects.create(message=message, actor=actor, value=value, comment=comment)
        FeedbackReason.objects.bulk_create(FeedbackReason(feedback=feedback, code=code) for code in reasons)
        return feedback

    def _add(self, role: Role, text: str, **fields: Any) -> Message:
        place = {"parent": self.conversation.active_leaf, "status": Status.COMPLETE} | fields
        message = Message.objects.create(conversation=self.conversation, role=role, content=text, **place)
        self.conversation.active_leaf = message
        self.conversation.save()
        return message


_names = (f"staff-{number}" for number in itertools.count())


def make_staff(*permissions: str) -> User:
    user = User.objects.create_user(next(_names), is_staff=True)
    for name in permissions:
        app, codename = name.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def reader(db: None) -> User:
    """Somebody who may read transcripts and nothing else."""
    return make_staff("chat.read_transcripts")


@pytest.fixture
def staff_client(reader: User) -> Client:
    return signed_in(reader)
