"""Who is asking, and the only way from an id that a client sent to a row.

Absent and forbidden look the same: both raise NotFound. Conditions stand on lines of their own, so that
a test's coverage shows each.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, load_backend
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from chat.errors import NotFound
from chat.models import Conversation, Message

VISITOR_KEY = "visitor"
VISITOR_MAX_CHARS = 64


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in account, or a visitor known by a random id in the session, or nobody (both empty)."""

    user_id: int | None = None
    visitor: str = ""

    def __bool__(self) -> bool:
        return self.user_id is not None or bool(self.visitor)

    def __str__(self) -> str:
        """The form that is stored with feedback: "user:<pk>" or "visitor:<id>"."""
        return f"user:{self.user_id}" if self.user_id is not None else f"visitor:{self.visitor}"

    @property
    def signed_in(self) -> bool:
        return self.user_id is not None

    def owns(self) -> Q:
        """The condition on Conversation for what this actor may see and change."""
        if self.user_id is not None:
            return Q(owner_id=self.user_id)
        if self.visitor:
            return Q(owner__isnull=True, visitor=self.visitor)
        return Q(pk__in=[])


def actor_of_request(request: HttpRequest) -> Actor:
    """The actor of an HTTP request. Reads the session, so not for the event loop."""
    user = request.user
    return _actor(user.pk if user.is_authenticated else None, request.session)


def visitor_of_request(request: HttpRequest) -> Actor:
    """The visitor that this browser was before it signed in; nobody if there was none."""
    return _actor(None, request.session)


def remember_visitor(request: HttpRequest) -> Actor:
    """The request's actor; a visitor without an id gets one in the session."""
    actor = actor_of_request(request)
    if actor:
        return actor
    request.session[VISITOR_KEY] = secrets.token_urlsafe(24)
    return actor_of_request(request)


def actor_of_session(session_key: str) -> Actor:
    """The actor of a stored session as it is in the database now; nobody when it has ended.

    Sockets live long, so this looks everything up again: the session, the account, whether it is
    active, and whether its password has changed since.
    """
    if not session_key:
        return Actor()
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    if SESSION_KEY not in session:
        return _actor(None, session)
    user = _user_of_session(session)
    return Actor() if user is None else _actor(user.pk, session)


def get_conversation(actor: Actor, conversation_id: uuid.UUID, or_deleted: bool = False) -> Conversation:
    """The actor's conversation, or NotFound. A deleted one is found with `or_deleted` only, for its restoring."""
    rows = own_conversations(actor, or_deleted)
    try:
        return rows.get(public_id=conversation_id)
    except Conversation.DoesNotExist:
        raise NotFound() from None


def own_conversations(actor: Actor, or_deleted: bool = False) -> QuerySet[Conversation]:
    """Every conversation of the actor, newest first."""
    rows = Conversation.objects.filter(actor.owns())
    return rows if or_deleted else rows.filter(deleted_at__isnull=True)


def get_message(conversation: Conversation, message_id: uuid.UUID) -> Message:
    """A message through its conversation, which get_conversation has given out; NotFound if it is another's."""
    rows = Message.objects.filter(conversation=conversation)
    try:
        return rows.get(public_id=message_id)
    except Message.DoesNotExist:
        raise NotFound() from None


def _actor(user_id: int | None, session: Any) -> Actor:
    visitor = session.get(VISITOR_KEY, "")
    known = isinstance(visitor, str) and len(visitor) <= VISITOR_MAX_CHARS
    return Actor(user_id, visitor if known else "")


def _user_of_session(session: Any) -> Any:
    # Not django.contrib.auth.get_user: that one may rotate the session key, which a socket cannot tell the browser.
    path = session.get(BACKEND_SESSION_KEY)
    if path not in settings.AUTHENTICATION_BACKENDS:
        return None
    user = load_backend(path).get_user(session[SESSION_KEY])
    if user is None:
        return None
    if not constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
        return None
    return user
