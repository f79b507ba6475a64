"""chat/views_machine.py and chat/health.py: what a supervisor, a proxy and Prometheus are told, and who is told."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import DatabaseError
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from chat import health
from tests.servers import running_redis

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("backend")]
WELL = {"alive": True, "ready": True, "model": "ready", "database": "ok", "layer": "ok", "draining": False}
TOKEN = "a-token-of-the-operators"


class Broken:
    """A database connection that is not there."""

    def cursor(self) -> None:
        raise DatabaseError("secret")


def ask(client: Client, path: str = "/healthz") -> tuple[int, dict[str, Any]]:
    response = client.get(path)
    return response.status_code, response.json()


@pytest.mark.parametrize("path", ["/healthz", "/healthz?ready=1"])
def test_all_is_well(client: Client, path: str):
    assert ask(client, path) == (200, WELL)


def test_without_the_database_nothing_works(client: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(health, "connection", Broken())
    expected = (503, WELL | {"ready": False, "database": "unavailable"})
    assert ask(client) == expected
    assert ask(client, "/healthz?ready=1") == expected


def test_a_process_that_ends_is_alive_and_takes_nobody(client: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(health.processes, "draining", lambda: True)
    told = WELL | {"ready": False, "draining": True}
    assert ask(client) == (200, told)
    assert ask(client, "/healthz?ready=1") == (503, told)


async def test_a_database_that_hangs_does_not_hold_up_the_answer(monkeypatch: pytest.MonkeyPatch):
    release = threading.Event()
    monkeypatch.setattr(health, "_select_one", release.wait)
    monkeypatch.setattr(health, "PATIENCE_S", 0.05)
    try:
        for _ in range(10):  # more than there are worker threads
            assert (await health.examine()).as_json() == WELL | {"ready": False, "database": "no answer"}
    finally:
        release.set()


async def test_many_who_ask_at_once_are_one_look(monkeypatch: pytest.MonkeyPatch):
    looks = []
    monkeypatch.setattr(health, "_select_one", lambda: looks.append(1))
    for _ in range(3):
        assert (await health.examine()).as_json() == WELL
    assert len(looks) == 1


def test_redis_is_asked_where_it_is_the_layer(client: Client, settings: LazySettings):
    with running_redis() as redis:
        backend = "channels_redis.core.RedisChannelLayer"
        settings.CHANNEL_LAYERS = {"default": {"BACKEND": backend, "CONFIG": {"hosts": [redis.url]}}}
        assert ask(client, "/healthz?ready=1") == (200, WELL)
        redis.stop()
        told = WELL | {"ready": False, "layer": "unavailable"}
        assert ask(client, "/healthz?ready=1") == (503, told)
        assert ask(client) == (200, told)


@pytest.mark.parametrize("path", ["/healthz", "/healthz?ready=1", "/metrics"])
def test_they_answer_by_address_and_without_tls(client: Client, settings: LazySettings, path: str):
    settings.ALLOWED_HOSTS = ["chat.example.com"]
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(path, headers={"host": "127.0.0.1:8001"}).status_code == 200
    assert client.get("/", headers={"host": "127.0.0.1:8001"}).status_code == 400


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("203.0.113.5", {}, 404),
        ("", {}, 404),
        ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, 404),
        ("127.0.0.1", {"x-forwarded-proto": "https"}, 404),
        ("127.0.0.1", {"forwarded": "for=127.0.0.1"}, 404),
        ("203.0.113.5", {"authorization": f"Bearer {TOKEN}"}, 200),
        ("127.0.0.1", {"x-forwarded-for": "1.2.3.4", "authorization": f"bearer {TOKEN}"}, 200),
        ("203.0.113.5", {"authorization": f"Bearer {TOKEN}x"}, 404),
        ("203.0.113.5", {"authorization": f"Basic {TOKEN}"}, 404),
        ("203.0.113.5", {"authorization": "Bearer é"}, 404),
    ],
)
def test_who_may_read_the_figures(
    client: Client, settings: LazySettings, address: str, headers: dict[str, str], status: int
):
    settings.METRICS_TOKEN = TOKEN
    assert client.get("/metrics", headers=headers, REMOTE_ADDR=address).status_code == status


def test_no_token_is_not_the_empty_one(client: Client):
    asked = client.get("/metrics", headers={"authorization": "Bearer "}, REMOTE_ADDR="203.0.113.5")
    assert asked.status_code == 404


def test_the_figures_are_prometheuss_format(client: Client):
    response = client.get("/metrics")
    assert response["Content-Type"].startswith("text/plain; version=0.0.4")
    names = {family.name for family in text_string_to_metric_families(response.content.decode())}
    assert {"duologue_requests", "duologue_engine_slots", "process_resident_memory_bytes"} <= names
    assert response["Cache-Control"].endswith("private") or "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("path", ["/healthz", "/metrics"])
def test_they_take_no_post(client: Client, path: str):
    assert client.post(path).status_code == 405
