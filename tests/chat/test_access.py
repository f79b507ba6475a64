"""chat/access.py: absent and forbidden look the same."""

from __future__ import annotations

import uuid

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore

from chat import access, actions
from chat.access import VISITOR_KEY, Actor
from chat.errors import NotFound
from chat.models import Conversation
from tests.chat.conftest import say

pytestmark = pytest.mark.django_db

BACKEND = settings.AUTHENTICATION_BACKENDS[0]


@pytest.fixture
def user() -> User:
    """An account."""
    return User.objects.create_user("carol", password="a long password")


def _session(user: User | None = None, visitor: object = "ann", **more: str) -> str:
    session = SessionStore()
    session[VISITOR_KEY] = visitor
    if user is not None:
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = BACKEND
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    for key, value in more.items():
        session[key] = value
    session.save()
    return session.session_key


def test_an_actor_has_a_name_for_the_database():
    assert [str(Actor(7, "ann")), str(Actor(visitor="ann"))] == ["user:7", "visitor:ann"]
    assert [bool(Actor()), bool(Actor(7)), bool(Actor(visitor="ann"))] == [False, True, True]


def test_the_owner_finds_a_conversation_and_nobody_else_does(conversation: Conversation, ann: Actor, bob: Actor):
    assert access.get_conversation(ann, conversation.public_id) == conversation
    for stranger in (bob, Actor(), Actor(user_id=1), Actor(1, ann.visitor)):
        with pytest.raises(NotFound):
            access.get_conversation(stranger, conversation.public_id)
    with pytest.raises(NotFound):
        access.get_conversation(ann, uuid.uuid4())


def test_an_accounts_conversation_is_not_its_visitors(user: User, ann: Actor):
    signed_in = Actor(user.pk, ann.visitor)
    made = actions.create_conversation(signed_in)
    assert access.get_conversation(signed_in, made.public_id) == made
    with pytest.raises(NotFound):
        access.get_conversation(ann, made.public_id)


def test_a_deleted_conversation_is_found_for_restoring_only(conversation: Conversation, ann: Actor, bob: Actor):
    actions.delete(conversation)
    with pytest.raises(NotFound):
        access.get_conversation(ann, conversation.public_id)
    with pytest.raises(NotFound):
        access.get_conversation(bob, conversation.public_id, or_deleted=True)
    assert access.get_conversation(ann, conversation.public_id, or_deleted=True) == conversation


def test_a_message_is_found_through_its_own_conversation_only(conversation: Conversation, ann: Actor):
    message = say(conversation).message
    other = actions.create_conversation(ann)
    assert access.get_message(conversation, message.public_id) == message
    for place, key in ((other, message.public_id), (conversation, uuid.uuid4())):
        with pytest.raises(NotFound):
            access.get_message(place, key)


def test_a_session_tells_who_it_is(user: User):
    assert access.actor_of_session(_session()) == Actor(visitor="ann")
    assert access.actor_of_session(_session(user)) == Actor(user.pk, "ann")


def test_a_session_that_ended_is_nobody(user: User):
    assert access.actor_of_session("") == Actor()
    assert access.actor_of_session("unknownsessionkey") == Actor()
    key = _session(user)
    SessionStore(key).flush()
    assert access.actor_of_session(key) == Actor()


def test_a_session_of_a_changed_account_is_nobody(user: User):
    key = _session(user)
    user.set_password("another long password")
    user.save()
    assert access.actor_of_session(key) == Actor()


def test_a_session_of_an_inactive_account_is_nobody(user: User):
    key = _session(user)
    user.is_active = False
    user.save()
    assert access.actor_of_session(key) == Actor()


def test_a_session_of_an_unknown_backend_or_without_hash_is_nobody(user: User):
    assert access.actor_of_session(_session(user, **{BACKEND_SESSION_KEY: "os.path"})) == Actor()
    assert access.actor_of_session(_session(user, **{HASH_SESSION_KEY: ""})) == Actor()


@pytest.mark.parametrize("visitor", ["", None, 7, ["ann"], "x" * 65])
def test_a_strange_visitor_id_is_none(visitor: object):
    assert access.actor_of_session(_session(visitor=visitor)) == Actor()
