"""When a request has taken too long (its silence counts, not its age), and how many sockets a process may have."""

from __future__ import annotations

import resource
import time
from types import SimpleNamespace

import pytest
from daphne.http_protocol import WebRequest

from chat.server import LimitedRequest, allow_many_sockets


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> list[WebRequest]:
    """Requests that Daphne was asked to end."""
    ended: list[WebRequest] = []
    monkeypatch.setattr(WebRequest, "check_timeouts", lambda request: ended.append(request))
    monkeypatch.setattr(WebRequest, "handle_reply", lambda request, message: None)
    return ended


def request(path: bytes | None, age_s: float | None) -> LimitedRequest:
    """A request as it is that long after its beginning, without a connection."""
    made = LimitedRequest.__new__(LimitedRequest)
    made.server = SimpleNamespace(http_timeout=120)
    made.path = path
    if age_s is not None:
        made.request_start = time.time() - age_s
    return made


@pytest.mark.parametrize(
    ("path", "age_s", "is_cut"),
    [
        *[(b"/c/", 119, False), (b"/c/", 121, True), (b"/v1/chat/completions", 121, False)],
        *[(b"/v1/chat/completions", 631, True), (None, None, False)],
    ],
)
def test_silence_from_the_beginning(cut: list[WebRequest], path: bytes | None, age_s: float | None, is_cut: bool):
    asked = request(path, age_s)
    asked.check_timeouts()
    assert cut == ([asked] if is_cut else [])


def test_whoever_speaks_goes_on(cut: list[WebRequest]):
    asked = request(b"/help/", 1000)
    asked.handle_reply({"type": "http.response.body", "more_body": True})
    asked.check_timeouts()
    assert cut == []
    asked._spoke_at -= 121
    asked.check_timeouts()
    assert cut == [asked]


def test_as_many_files_may_be_open_as_the_account_allows():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, hard), hard))
        allow_many_sockets()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
