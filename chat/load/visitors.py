"""Visitors without a browser: a session and conversations, made over HTTP as a page does."""

from __future__ import annotations

import json
import re
from http.cookies import SimpleCookie
from typing import Any
from urllib.request import Request, urlopen

PATIENCE_S = 30


class Visitor:
    """One browser profile on one origin."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._cookies: SimpleCookie = SimpleCookie()
        page = self._call("/?new=1")
        found = re.search(r'name="csrf-token" content="([^"]+)"', page)
        self._token = found.group(1) if found else ""

    def tab(self, origin: str = "") -> dict[str, str]:
        """A new conversation, as the client process opens it; `origin` of another process on the same database."""
        headers = {"X-CSRFToken": self._token, "Content-Type": "application/json", "Origin": self._origin}
        made: dict[str, Any] = json.loads(self._call("/c/", headers))
        return {"origin": origin or self._origin, "path": f"/ws{made['url']}", "cookie": self._cookie()}

    def _call(self, path: str, headers: dict[str, str] | None = None) -> str:
        head = {**(headers or {}), "Cookie": self._cookie()}
        request = Request(self._origin + path, b"{}" if headers else None, head)  # noqa: S310
        with urlopen(request, timeout=PATIENCE_S) as response:  # noqa: S310 - our own server
            for line in response.headers.get_all("Set-Cookie", []):
                self._cookies.load(line)
            return str(response.read().decode())

    def _cookie(self) -> str:
        return "; ".join(f"{name}={morsel.value}" for name, morsel in self._cookies.items())
