"""What comes in: every request and every socket gets an id, is counted, and leaves one line at INFO.

The line has the path without its query, where people's words may be, and no address.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from chat import metrics, request_ids
from chat.scopes import Scope

logger = logging.getLogger(__name__)

KINDS = {
    **{part: part for part in ("static", "v1", "admin", "review", "help", "accounts", "healthz", "metrics")},
    "c": "chat",
    "": "page",
}
OTHER, WEBSOCKET = "other", "websocket"
SWITCHING, REFUSED = 101, 403
GONE = 499  # the client left before it had an answer; nginx's number for it


class Observed:
    """ASGI middleware around everything that answers."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> Any:
        if scope["type"] not in ("http", "websocket"):
            return await self.application(scope, receive, send)
        metrics.watch_loop(asyncio.get_running_loop())
        visit = _Request(scope, send) if scope["type"] == "http" else _Socket(scope, send)
        try:
            return await self.application(scope, receive, visit.send)
        finally:
            visit.end()


class _Request:
    """One HTTP request."""

    def __init__(self, scope: Scope, send: Any) -> None:
        self._send = send
        self._id = request_ids.begin(scope)
        self._method, self._path = scope["method"], _path(scope)
        self._kind = kind_of(scope["path"])
        self._began = time.monotonic()
        self._status = 0

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            named = [(request_ids.HEADER, self._id.encode())]
            message = {**message, "headers": [*message.get("headers", ()), *named]}
        await self._send(message)

    def end(self) -> None:
        seconds = time.monotonic() - self._began
        status = self._status or GONE
        metrics.count_request(self._kind, status, seconds)
        _line(f"{self._method} {self._path}", self._path, status, seconds)


class _Socket:
    """One WebSocket, from its handshake to its end."""

    def __init__(self, scope: Scope, send: Any) -> None:
        self._send = send
        request_ids.begin(scope)
        self._path = _path(scope)
        self._began = time.monotonic()
        self._status = 0

    async def send(self, message: dict[str, Any]) -> None:
        if not self._status:
            accepted = message["type"] == "websocket.accept"
            self._status = SWITCHING if accepted else REFUSED
            metrics.count_request(WEBSOCKET, self._status)
            metrics.count_socket(+accepted)
        await self._send(message)

    def end(self) -> None:
        if self._status == SWITCHING:
            metrics.count_socket(-1)
        _line(f"WebSocket {self._path}", self._path, self._status or GONE, time.monotonic() - self._began)


def kind_of(path: str) -> str:
    """Which room a path belongs to: one of a few words, whatever people ask for."""
    return KINDS.get(path.removeprefix("/").partition("/")[0], OTHER)


def _path(scope: Scope) -> str:
    """As it was sent, still quoted: a line of the log stays one line."""
    return str((scope.get("raw_path") or scope["path"].encode()).decode("ascii", "backslashreplace"))


def _line(what: str, path: str, status: int, seconds: float) -> None:
    ms = round(seconds * 1000, 1)
    logger.info("%s %d %.1f ms", what, status, ms, extra={"path": path, "status": status, "ms": ms})
