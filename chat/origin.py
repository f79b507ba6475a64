"""Whether a WebSocket comes from a page of ours: scheme, host and port must all be equal.

A browser sends cookies along with a WebSocket from any page, and no CSRF token; Channels' own validator
looks at the host name alone. The Host header must be an allowed one too, or a name that an attacker points
at this machine would be its own origin.
"""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from chat.scopes import Scope, header

logger = logging.getLogger(__name__)

Origin = tuple[str, str, int]
_PORTS = {"http": 80, "https": 443}


class OriginCheck:
    """ASGI middleware that refuses a WebSocket from another origin before it is accepted."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> Any:
        if is_ours(scope):
            return await self.application(scope, receive, send)
        logger.warning("A WebSocket from a foreign origin was refused.")
        return await send({"type": "websocket.close", "code": 4403})


def is_ours(scope: Scope) -> bool:
    """Whether the Origin header names the page's own origin, or one in CSRF_TRUSTED_ORIGINS."""
    origin = parse_origin(header(scope, b"origin"))
    if origin is None:
        return False
    trusted = [parse_origin(text) for text in settings.CSRF_TRUSTED_ORIGINS]
    return origin in trusted or origin == _own_origin(scope)


def parse_origin(text: str) -> Origin | None:
    """Scheme, host and port of "scheme://host[:port]"; None for anything else, "null" included."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname:
        return None
    if parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme]


def _own_origin(scope: Scope) -> Origin | None:
    host = header(scope, b"host")
    domain, _port = split_domain_port(host)
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
        return None
    return parse_origin(f"{_scheme(scope)}://{host}".lower())


def _scheme(scope: Scope) -> str:
    secure = scope.get("scheme") == "wss"
    if settings.TRUSTED_PROXY:
        secure = header(scope, b"x-forwarded-proto") == "https"
    return "https" if secure else "http"
