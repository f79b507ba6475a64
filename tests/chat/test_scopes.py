"""chat/scopes.py: what an opening request says."""

from __future__ import annotations

import pytest

from chat.scopes import address_of_scope, header, language_of, session_key_of


def _scope(**headers: str) -> dict:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"headers": named, "client": ("127.0.0.1", 5000)}


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({}, "en"),
        ({"accept_language": "zh-CN,zh;q=0.9"}, "zh-hans"),
        ({"accept_language": "fr, de"}, "en"),
        ({"accept_language": "zh-CN", "cookie": "django_language=en"}, "en"),
        ({"cookie": "django_language=zh-hans"}, "zh-hans"),
        ({"cookie": "django_language=../../etc"}, "en"),
    ],
)
def test_the_switch_goes_before_the_browsers_preference(headers: dict[str, str], language: str):
    assert language_of(_scope(**headers)) == language


def test_the_session_is_the_cookies():
    assert session_key_of(_scope(cookie="a=b; sessionid=abc")) == "abc"
    assert session_key_of(_scope()) == ""


def test_a_header_that_comes_twice_is_none():
    scope = {"headers": [(b"origin", b"a"), (b"Origin", b"b"), (b"host", b"c")]}
    assert [header(scope, b"origin"), header(scope, b"host"), header(scope, b"cookie")] == ["", "c", ""]


def test_the_address_is_the_peers():
    assert address_of_scope(_scope(x_forwarded_for="1.2.3.4")) == "127.0.0.1"
    assert address_of_scope({"headers": []}) == "unknown"
