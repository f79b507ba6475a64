"""What a WebSocket's opening request says: headers, session, language, address."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, parse_cookie
from django.utils import translation

from chat.limits import address_of

Scope = dict[str, Any]


def header(scope: Scope, name: bytes) -> str:
    """A header's value; empty when it is absent or sent more than once."""
    values = [value for key, value in scope.get("headers", ()) if key.lower() == name]
    return values[0].decode("latin-1") if len(values) == 1 else ""


def session_key_of(scope: Scope) -> str:
    """The session's key from the cookie; empty when there is none."""
    return _cookies(scope).get(settings.SESSION_COOKIE_NAME, "")


def language_of(scope: Scope) -> str:
    """The language that the page of this socket is in: the switch's cookie, then the browser's preference."""
    meta = {"HTTP_ACCEPT_LANGUAGE": header(scope, b"accept-language")}
    request = SimpleNamespace(COOKIES=_cookies(scope), META=meta)
    return translation.get_language_from_request(cast(HttpRequest, request))


def address_of_scope(scope: Scope) -> str:
    """The address to count by."""
    client = scope.get("client") or ("",)
    return address_of(client[0], header(scope, b"x-forwarded-for"))


def _cookies(scope: Scope) -> dict[str, str]:
    return parse_cookie(header(scope, b"cookie"))
