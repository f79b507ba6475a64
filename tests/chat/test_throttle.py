"""Guessing passwords: five failures per name and address in fifteen minutes, and nothing learnt about names."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from chat.throttle import FAILURES_PER_ADDRESS, FAILURES_PER_NAME, PERIOD_S

PASSWORD = "plum-tree-9471"
WRONG = "Please enter a correct username and password."
TOO_MANY = "Too many attempts. Please try again in a quarter of an hour."


@pytest.fixture(autouse=True)
def _quick_hash(settings: LazySettings, db: None) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    User.objects.create_user("carol", password=PASSWORD, is_staff=True)


def attempt(name: str, password: str = "guess", path: str = "/accounts/login/", address: str = "192.0.2.1") -> str:
    """What one try is told."""
    answer = Client(REMOTE_ADDR=address).post(path, {"username": name, "password": password})
    if answer.status_code == 302:
        return "in"
    text = answer.content.decode()
    return next((sentence for sentence in (TOO_MANY, WRONG) if sentence in text), "refused")


@pytest.mark.parametrize("name", ["carol", "nobody"])
def test_a_name_that_exists_and_one_that_does_not_are_told_the_same(name: str) -> None:
    told = [attempt(name) for _ in range(FAILURES_PER_NAME + 2)]
    assert told == [WRONG] * (FAILURES_PER_NAME - 1) + [TOO_MANY] * 3


def test_after_too_many_the_right_password_does_not_help() -> None:
    for _ in range(FAILURES_PER_NAME):
        attempt("carol")
    assert attempt("carol", PASSWORD) == TOO_MANY
    assert attempt("Carol ", PASSWORD) == TOO_MANY
    assert attempt("carol", PASSWORD, address="192.0.2.2") == "in"


def test_the_admins_login_shares_the_count() -> None:
    for _ in range(FAILURES_PER_NAME):
        attempt("carol", path="/admin/login/")
    assert attempt("carol", PASSWORD, path="/admin/login/") == "refused"
    assert attempt("carol", PASSWORD) == TOO_MANY


def test_a_success_begins_anew() -> None:
    for _ in range(3):
        told = [attempt("carol") for _ in range(FAILURES_PER_NAME - 1)]
        assert told == [WRONG] * (FAILURES_PER_NAME - 1)
        assert attempt("carol", PASSWORD) == "in"


def test_one_address_cannot_try_every_name() -> None:
    for number in range(FAILURES_PER_ADDRESS):
        attempt(f"name-{number}")
    assert attempt("carol", PASSWORD) == TOO_MANY
    assert attempt("carol", PASSWORD, address="192.0.2.2") == "in"


def test_a_header_makes_no_new_address() -> None:
    for number in range(FAILURES_PER_NAME):
        client = Client(REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=f"198.51.100.{number}")
        client.post("/accounts/login/", {"username": "carol", "password": "guess"})
    assert attempt("carol", PASSWORD) == TOO_MANY


def test_it_is_over_after_a_quarter_of_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    for _ in range(FAILURES_PER_NAME):
        attempt("carol")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + PERIOD_S + 1)
    assert attempt("carol", PASSWORD) == "in"


def test_a_count_that_expires_between_two_steps_begins_at_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "add", lambda *_: True)
    assert attempt("carol", PASSWORD) == "in"


def test_no_password_and_no_name_reach_the_cache() -> None:
    attempt("carol", "secret-guess")
    keys = " ".join(cache._cache)
    assert "carol" not in keys
    assert "guess" not in keys
