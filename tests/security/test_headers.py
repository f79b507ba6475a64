"""The headers of every page, word by word."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from django.test import Client

import chatsite.settings
from tests.security.conftest import World
from tests.security.test_walk import ADMIN, COMMON, OWN, admin_path

HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}
SHOWN = [
    *(path for method, path, _ in COMMON.values() if method == "get"),
    *(f"/{route}" for route, (method, _) in OWN.items() if method == "get"),
    *(admin_path(route, {"auth/user": 1, "knowledge/article": 1}) for route in ADMIN),
    *("/admin/chat/conversation/", "/admin/knowledge/article/", "/admin/login/", "/no/such/page/"),
]


# The same for everybody but the name in its bar: a browser may keep it and asks whether it still holds.
KEPT = {"/help/"}


def check(answer: Any, path: str = "") -> None:
    """One answer has them all."""
    assert {name: answer.get(name) for name in HEADERS} == HEADERS
    assert set(answer["Content-Security-Policy"].split("; ")) == POLICY
    assert ("no-cache" if path in KEPT else "no-store") in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]


def test_every_page_has_them(world: World) -> None:
    client = world.client("superuser")
    for path in SHOWN:
        check(client.get(path.replace("<uuid:conversation_id>", world.owned["superuser"].id)), path)


def test_refusals_have_them_too(world: World) -> None:
    stranger = world.client("visitor_b")
    check(stranger.get(f"/c/{world.owned['user_a'].id}/"))
    check(stranger.get("/admin/chat/conversation/"))
    check(world.client("staff").get("/admin/chat/conversation/"))
    check(world.client("user_a", csrf=True).post("/c/", {}))


def test_no_page_has_an_inline_script_or_style(world: World) -> None:
    client = world.client("superuser")
    for path in SHOWN:
        page = client.get(path.replace("<uuid:conversation_id>", world.owned["superuser"].id))
        body = b"".join(page).decode()  # a download is no page, but its bytes are looked at like one's
        assert " onclick=" not in body
        assert "<style" not in body
        assert " style=" not in body
        assert all("src=" in tag or "json" in tag for tag in script_tags(body)), path


def script_tags(body: str) -> list[str]:
    """The opening tags of scripts."""
    return [part.partition(">")[0] for part in body.split("<script")[1:]]


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(world: World) -> None:
    client = Client()
    client.get("/")
    client.post("/c/")
    for name in ("sessionid", "csrftoken"):
        cookie = client.cookies[name]
        assert (cookie["samesite"], cookie["path"], cookie["httponly"]) == ("Lax", "/", True)


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The settings as the documented production variables make them."""
    monkeypatch.setenv("DJANGO_HTTPS", "1")
    monkeypatch.setenv("DJANGO_TRUSTED_PROXY", "1")
    yield importlib.reload(chatsite.settings)
    monkeypatch.undo()
    importlib.reload(chatsite.settings)


def test_with_https_cookies_and_pages_stay_on_it(production: Any) -> None:
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_PRELOAD")
    assert [getattr(production, name) for name in names] == [True] * 4
    assert production.SECURE_HSTS_SECONDS == 31_536_000
    assert production.SECURE_PROXY_SSL_HEADER == ("HTTP_X_FORWARDED_PROTO", "https")
    assert production.DEBUG is False
