"""How long a word takes from the engine to the visitor: a real server process, real sockets, many at once.

The server runs with chatsite.benchmark_settings, whose backend answers with the times at which the
engine made each piece; a piece's delay is the time when it came through the socket less that time.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from django.conf import settings

START_S = 60
ANSWER_S = 120
QUESTION = "My card has not arrived yet, what can I do?"


@dataclass(frozen=True, slots=True)
class Delivery:
    """Milliseconds from the engine's step to the socket's end, over all pieces of all streams."""

    streams: int
    pieces: int
    ms_p50: float
    ms_p95: float
    first_word_ms_p95: float


def measure(streams: int) -> Delivery:
    """Ask from `streams` visitors at once. Needs the package websockets (extra `test`)."""
    with _server() as origin:
        _ask_all(origin, 1)  # the model is loaded when this is answered
        visits = _ask_all(origin, streams)
    delays = sorted(delay for visit in visits for delay in visit.delays_ms)
    firsts = sorted(visit.first_word_ms for visit in visits)
    return Delivery(
        streams,
        len(delays),
        round(statistics.median(delays), 1),
        round(_p95(delays), 1),
        round(_p95(firsts), 1),
    )


@dataclass(frozen=True, slots=True)
class _Visit:
    delays_ms: list[float]
    first_word_ms: float


def _p95(ordered: list[float]) -> float:
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


@contextmanager
def _server() -> Iterator[str]:
    """A server of our own on a free port and an empty database; its origin."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        command = [
            sys.executable,
            "manage.py",
            "serve",
            "--port",
            str(port),
            "--settings",
            "chatsite.benchmark_settings",
        ]
        database = f"sqlite:///{folder}/benchmark.sqlite3"
        with (Path(folder) / "log").open("w") as log:
            process = subprocess.Popen(  # noqa: S603 - our own command
                ["/usr/bin/env", f"DATABASE_URL={database}", *command], cwd=settings.BASE_DIR, stdout=log, stderr=log
            )
            try:
                yield _wait_for(f"http://127.0.0.1:{port}", process)
            finally:
                process.kill()
                process.wait()


def _wait_for(origin: str, process: subprocess.Popen[bytes]) -> str:
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with urlopen(f"{origin}/healthz", timeout=2):  # noqa: S310 - our own server
                return origin
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("The benchmark's own server did not start.")


def _ask_all(origin: str, streams: int) -> list[_Visit]:
    visitors = [_visitor(origin) for _ in range(streams)]

    async def together() -> list[_Visit]:
        return await asyncio.gather(*(_ask(origin, cookies, path) for cookies, path in visitors))

    return asyncio.run(together())


def _visitor(origin: str) -> tuple[str, str]:
    """A new visitor with a conversation: the Cookie header and the conversation's path."""
    cookies: SimpleCookie = SimpleCookie()
    page = _call(origin + "/", cookies)
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    headers = {"X-CSRFToken": found.group(1) if found else "", "Content-Type": "application/json", "Origin": origin}
    made = json.loads(_call(origin + "/c/", cookies, headers))
    return _cookie_header(cookies), made["url"]


def _call(url: str, cookies: SimpleCookie, headers: dict[str, str] | None = None) -> str:
    request = Request(url, b"{}" if headers else None, {**(headers or {}), "Cookie": _cookie_header(cookies)})  # noqa: S310
    with urlopen(request, timeout=30) as response:  # noqa: S310 - our own server
        for line in response.headers.get_all("Set-Cookie", []):
            cookies.load(line)
        return response.read().decode()


def _cookie_header(cookies: SimpleCookie) -> str:
    return "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())


async def _ask(origin: str, cookies: str, path: str) -> _Visit:
    from websockets.asyncio.client import connect

    address = origin.replace("http", "ws", 1) + f"/ws{path}"
    async with connect(address, origin=origin, additional_headers={"Cookie": cookies}) as ws:  # type: ignore[arg-type]
        await ws.recv()
        sent = time.time()
        await ws.send(json.dumps({"type": "message.send", "client_id": str(uuid.uuid4()), "text": QUESTION}))
        return await asyncio.wait_for(_read(ws, sent), ANSWER_S)


async def _read(ws: Any, sent: float) -> _Visit:
    delays: list[float] = []
    first = 0.0
    while True:
        event = json.loads(await ws.recv())
        now = time.time()
        if event["type"] == "reply.delta":
            first = first or 1000 * (now - sent)
            delays += [1000 * (now - float(stamp)) for stamp in event["text"].split()]
        elif event["type"] == "reply.done":
            if event["status"] != "complete":
                raise RuntimeError(f"A reply of the benchmark ended as {event['status']}.")
            return _Visit(delays, first)
