"""chat/origin.py: scheme, host and port, all three, or no socket."""

from __future__ import annotations

import pytest
from django.conf import LazySettings

from chat.origin import is_ours


def _scope(origin: str | None, host: str = "localhost:8000", scheme: str = "ws", **more: str) -> dict:
    headers = [(b"host", host.encode())]
    headers += [(b"origin", origin.encode())] if origin is not None else []
    headers += [(name.replace("_", "-").encode(), value.encode()) for name, value in more.items()]
    return {"type": "websocket", "scheme": scheme, "headers": headers}


@pytest.mark.parametrize(
    ("origin", "ours"),
    [
        ("http://localhost:8000", True),
        ("HTTP://LOCALHOST:8000", True),
        ("https://localhost:8000", False),
        ("http://localhost:9999", False),
        ("http://localhost", False),
        ("http://localhost:8000.evil.example", False),
        ("http://localhost.evil.example:8000", False),
        ("http://evil-localhost:8000", False),
        ("http://sub.localhost:8000", False),
        ("http://user@localhost:8000", False),
        ("http://localhost:8000/", False),
        ("http://localhost:port", False),
        ("ws://localhost:8000", False),
        ("file://", False),
        ("null", False),
        ("", False),
        (None, False),
    ],
)
def test_only_the_pages_own_origin_is_ours(origin: str | None, ours: bool):
    assert is_ours(_scope(origin)) is ours


@pytest.mark.parametrize(
    ("origin", "host", "scheme", "ours"),
    [
        ("http://localhost", "localhost", "ws", True),
        ("http://localhost:80", "localhost", "ws", True),
        ("https://localhost", "localhost", "wss", True),
        ("https://localhost:443", "localhost", "wss", True),
        ("http://localhost", "localhost", "wss", False),
        ("http://[::1]:8000", "[::1]:8000", "ws", True),
        ("http://evil.example:8000", "evil.example:8000", "ws", False),
    ],
)
def test_ports_have_defaults_and_the_host_must_be_allowed(
    settings: LazySettings, origin: str, host: str, scheme: str, ours: bool
):
    settings.ALLOWED_HOSTS = ["localhost", "[::1]"]
    assert is_ours(_scope(origin, host, scheme)) is ours


def test_a_trusted_origin_is_ours(settings: LazySettings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://help.example"]
    assert is_ours(_scope("https://help.example"))
    assert not is_ours(_scope("http://help.example"))


def test_the_proxys_scheme_counts_where_a_proxy_is_trusted(settings: LazySettings):
    scope = _scope("https://localhost:8000", x_forwarded_proto="https")
    assert not is_ours(scope)
    settings.TRUSTED_PROXY = True
    assert is_ours(scope)


def test_two_origins_are_none():
    scope = _scope("http://localhost:8000")
    scope["headers"].append((b"origin", b"http://localhost:8000"))
    assert not is_ours(scope)
