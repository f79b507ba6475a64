"""The site visits itself: a real server on a free port, a page, its files, and two WebSockets."""

from __future__ import annotations

import asyncio
import base64
import logging
import re
import secrets
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from channels.routing import get_default_application
from django.conf import settings
from django.utils.translation import gettext as _

from chat import server
from chat.consumers import SIGNED_OUT
from chat.findings import Finding, fail, ok
from chat.startup import AfterRestart

TIMEOUT_S = 30.0
FOREIGN = "http://another-site.invalid"
_FILES = re.compile(r'(?:src|href)="([^"]+\.(?:js|css|svg)[^"]*)"')


@dataclass(slots=True)
class Visit:
    """What came back: statuses, milliseconds, and the codes of the sockets (a close code, or an HTTP status)."""

    page: int = 0
    page_ms: float = 0.0
    files: dict[str, int] = field(default_factory=dict)
    socket: int = 0
    socket_ms: float = 0.0
    foreign: int = 0
    error: str = ""


def visit() -> Visit:
    """Serve the real application for a moment and look at it. Once per process: a reactor does not start twice."""
    application = get_default_application()
    if isinstance(application, AfterRestart):  # another process may be serving: its replies are not ours to end
        application = application.application
    listener = server.open_port("127.0.0.1", 0)
    port = listener.getsockname()[1]
    seen = Visit()

    async def look() -> None:
        try:
            await asyncio.wait_for(_look(port, seen), TIMEOUT_S)
        except Exception as error:
            seen.error = type(error).__name__
        site.request_stop()

    logging.getLogger("chat.origin").setLevel(logging.ERROR)  # the refusal that we ask for is no news
    site = server.SiteServer(application, listener, look, _nothing_to_drain)
    site.run()
    return seen


def findings(seen: Visit) -> list[Finding]:
    """The visit in sentences: the page, its files, the socket."""
    return [_page(seen), _files(seen), _socket(seen)]


def _page(seen: Visit) -> Finding:
    facts: dict[str, Any] = {"status": seen.page, "ms": seen.page_ms}
    if seen.page in (200, 301):
        return ok("page", _("The page answered after %(ms).0f ms.") % facts, **facts)
    remedy = _("Look at the lines above, then into the log.")
    return fail("page", _("The page did not answer well (%(status)d).") % facts, remedy, **facts)


def _files(seen: Visit) -> Finding:
    if not seen.page:
        return fail("static", _("The page's files could not be asked for."), _("Look at the line about the page."))
    broken = sorted(path for path, status in seen.files.items() if status != 200)
    if broken or (seen.page == 200 and not seen.files):
        detail = _("Files of the page are missing: %(files)s.") % {"files": ", ".join(broken) or "static/"}
        return fail("static", detail, _("Install the project again, with its static/ folder."), missing=broken)
    return ok("static", _("All %(count)d files of the page are there.") % {"count": len(seen.files)})


def _socket(seen: Visit) -> Finding:
    facts: dict[str, Any] = {"code": seen.socket, "ms": seen.socket_ms, "foreign": seen.foreign}
    if seen.error or seen.socket != SIGNED_OUT:
        detail = _("A WebSocket to this site did not work (%(reason)s).") % {"reason": seen.error or seen.socket}
        return fail("websocket", detail, _("Look at the lines above, then into the log."), **facts)
    if seen.foreign != 403:
        detail = _("A WebSocket from another site was let in.")
        return fail("websocket", detail, _("Check DJANGO_TRUSTED_ORIGINS."), **facts)
    sentence = _("A WebSocket was answered after %(ms).0f ms, and one from another site was refused.")
    return ok("websocket", sentence % facts, **facts)


async def _nothing_to_drain(_send_away: server.Task) -> None:
    return None


async def _look(port: int, seen: Visit) -> None:
    host = f"{settings.ALLOWED_HOSTS[0]}:{port}"
    began = time.perf_counter()
    seen.page, body = await _get(port, host, "/")
    seen.page_ms = (time.perf_counter() - began) * 1000
    for path in sorted({path for path in _FILES.findall(body) if path.startswith("/")}):
        seen.files[path], _body = await _get(port, host, path)
    began = time.perf_counter()
    scheme = "https" if settings.TRUSTED_PROXY else "http"
    seen.socket = await _open_socket(port, host, f"{scheme}://{host}")
    seen.socket_ms = (time.perf_counter() - began) * 1000
    seen.foreign = await _open_socket(port, host, FOREIGN)


async def _get(port: int, host: str, path: str) -> tuple[int, str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(_request(path, host, Connection="close"))
    answer = await reader.read()
    writer.close()
    return int(answer.split(b" ", 2)[1]), answer.decode("utf-8", "replace")


async def _open_socket(port: int, host: str, origin: str) -> int:
    """Open a WebSocket without a session; the code that the site closes it with, or the status that refused it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Origin": origin}
    headers |= {"Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13"}
    writer.write(_request(f"/ws/c/{uuid.uuid4()}/", host, **headers))
    status = int((await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1])
    if status == 101:
        await reader.readexactly(2)  # a close frame's kind and length: nothing else comes without a session
        status = int.from_bytes(await reader.readexactly(2))
    writer.close()
    return status


def _request(path: str, host: str, **headers: str) -> bytes:
    if settings.TRUSTED_PROXY:
        headers["X-Forwarded-Proto"] = "https"
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()
