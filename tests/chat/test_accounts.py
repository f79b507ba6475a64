"""Signing up, in and out, and what becomes of a visitor's conversations."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.test import Client

from chat.access import VISITOR_KEY, Actor
from chat.accounts import TOO_MANY
from chat.models import Conversation
from tests.chat.conftest import say

PASSWORD = "plum-tree-9471"
LOGIN, SIGNUP, LOGOUT = "/accounts/login/", "/accounts/signup/", "/accounts/logout/"


@pytest.fixture
def carol(db: None) -> User:
    return User.objects.create_user("carol", password=PASSWORD)


@pytest.fixture
def client(conversation: Conversation, ann: Actor) -> Client:
    """A browser that was a visitor before, and has asked something."""
    say(conversation)
    client = Client()
    session = client.session
    session[VISITOR_KEY] = ann.visitor
    session.save()
    return client


def sign_in(client: Client, name: str = "carol", password: str = PASSWORD, **extra: Any) -> Any:
    return client.post(LOGIN, {"username": name, "password": password}, **extra)


def test_the_session_key_changes_at_login_and_the_visitor_comes_along(client: Client, carol: User) -> None:
    before = client.session.session_key
    answer = sign_in(client)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.session.session_key != before
    assert client.session[VISITOR_KEY] == "ann"
    # Not taken along by itself: only by the explicit step.
    assert client.get("/c/list/").json()["conversations"] == []
    assert client.post("/claim/").json() == {"ok": True, "count": 1}
    assert len(client.get("/c/list/").json()["conversations"]) == 1


def test_a_planted_session_key_is_worth_nothing_after_login(client: Client, carol: User) -> None:
    thief = Client()
    thief.cookies["sessionid"] = client.cookies["sessionid"].value
    sign_in(client)
    assert thief.get("/").context["boot"]["signed_in"] is False
    assert thief.get("/c/list/").json()["conversations"] == []


def test_after_signing_out_the_browser_is_the_visitor_that_it_was(client: Client, carol: User) -> None:
    sign_in(client)
    key = client.session.session_key
    assert client.post(LOGOUT).status_code == 302
    assert client.session.session_key != key
    assert client.session[VISITOR_KEY] == "ann"
    assert len(client.get("/c/list/").json()["conversations"]) == 1
    assert client.get("/").context["boot"]["signed_in"] is False


def test_what_was_claimed_is_the_accounts_after_signing_out(client: Client, carol: User) -> None:
    sign_in(client)
    client.post("/claim/")
    client.post(LOGOUT)
    assert client.get("/c/list/").json()["conversations"] == []


def test_signing_out_takes_a_post(client: Client, carol: User) -> None:
    sign_in(client)
    assert client.get(LOGOUT).status_code == 405
    assert client.get("/").context["boot"]["signed_in"] is True


def test_a_new_account_is_signed_in_and_has_a_new_session_key(client: Client) -> None:
    before = client.session.session_key
    answer = client.post(SIGNUP, {"username": "dora", "password1": PASSWORD, "password2": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.session.session_key != before
    assert client.session[VISITOR_KEY] == "ann"
    assert client.get("/").context["boot"]["username"] == "dora"
    assert User.objects.get(username="dora").is_staff is False


def test_a_poor_password_makes_no_account(client: Client) -> None:
    answer = client.post(SIGNUP, {"username": "dora", "password1": "123", "password2": "123"})
    assert answer.status_code == 200
    assert User.objects.count() == 0


def test_nobody_signs_up_twice_over(client: Client, carol: User) -> None:
    sign_in(client)
    assert client.get(SIGNUP)["Location"] == "/"


def test_accounts_from_one_address_are_limited(client: Client, settings: LazySettings) -> None:
    settings.CHAT_LIMITS = {**settings.CHAT_LIMITS, "rate_signup": (1, 3600)}
    client.post(SIGNUP, {"username": "dora", "password1": PASSWORD, "password2": PASSWORD})
    answer = Client().post(SIGNUP, {"username": "eric", "password1": PASSWORD, "password2": PASSWORD})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert str(TOO_MANY) in answer.content.decode()
    assert User.objects.count() == 1


@pytest.mark.parametrize("next_page", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_login_leads_to_pages_of_ours_only(client: Client, carol: User, next_page: str) -> None:
    answer = client.post(LOGIN, {"username": "carol", "password": PASSWORD, "next": next_page})
    assert answer["Location"] == "/"


@pytest.mark.parametrize("path", [LOGIN, SIGNUP])
def test_the_pages_speak_chinese(client: Client, path: str) -> None:
    answer = client.get(path, headers={"Accept-Language": "zh-CN"})
    assert answer["Content-Language"] == "zh-hans"
    assert "no-store" in answer["Cache-Control"]
