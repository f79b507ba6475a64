"""The client process: `python -m chat.load.client`, a plan on its standard input, figures on its standard output.

It must not be what is measured. So it speaks WebSocket by itself over asyncio's transports (a library for it takes
several times as long for a frame), loads no Django, and says how late its own timers are and what it uses.

Plan: {"streams": [TAB], "idle": [TAB], "question", "lasts_s", "patience_s", "whole"}; TAB = {"origin", "path",
"cookie"}. "{end}" in the question becomes the time at which all answers shall end, `lasts_s` after they are asked
for. What counts is the time in which all streams speak; with "whole" it is all of it. At each step a line {"at":
step, ...} is written and a line waited for, so that the caller can look at the server in between.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import resource
import sys
import time
import uuid
from array import array
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

OPENING_AT_ONCE = 100
LOOK_EVERY_S = 0.02
TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
PERCENTILES = {"p50": 50, "p95": 95, "p99": 99, "max": 100}
Tab = dict[str, str]


class Tally:
    """What all sockets saw."""

    def __init__(self) -> None:
        self.times, self.late_ms, self.first_ms = array("d"), array("d"), array("d")
        self.updates: array[float] = array("d")
        self.failures: dict[str, int] = {}
        self.changed = asyncio.Event()

    def fail(self, what: str) -> None:
        """Count something that should not happen."""
        self.failures[what] = self.failures.get(what, 0) + 1
        self.changed.set()


class Socket(asyncio.Protocol):
    """One WebSocket: the handshake, whole frames, and what a page does with its events."""

    def __init__(self, tab: Tab, tally: Tally) -> None:
        self._tab, self._tally = tab, tally
        self._data = bytearray()
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.asked_at = 0.0
        self.begun = self.done = self.lost = False
        self.seq = 0

    def connection_made(self, transport: Any) -> None:
        """Ask for a WebSocket."""
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {self._tab['path']} HTTP/1.1",
            f"Host: {urlsplit(self._tab['origin']).netloc}",
            f"Origin: {self._tab['origin']}",
            f"Cookie: {self._tab['cookie']}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
        ]
        transport.write("\r\n".join([*lines, "", ""]).encode())
        self._shaken = False

    def data_received(self, data: bytes) -> None:
        """Take in whole frames; the rest waits."""
        now = time.time()
        self._data += data
        if not self._shaken and not self._shake():
            return
        while (frame := self._frame()) is not None:
            self._take(now, *frame)

    def connection_lost(self, exc: Exception | None) -> None:
        """A socket that ends before we close it is a failure."""
        self.lost = True
        self._tally.fail("closed")
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("closed before it was open"))

    def ask(self, question: str) -> None:
        """Send a message."""
        self.asked_at = time.time()
        command = {"type": "message.send", "client_id": str(uuid.uuid4()), "text": question}
        self._send(TEXT, json.dumps(command).encode())

    def close(self) -> None:
        """Leave without a word."""
        self._tally = Tally()
        self._transport.abort()

    def _shake(self) -> bool:
        head, found, rest = bytes(self._data).partition(b"\r\n\r\n")
        if not found:
            return False
        if not head.startswith(b"HTTP/1.1 101"):
            self._transport.abort()
            return False
        self._shaken, self._data = True, bytearray(rest)
        return True

    def _frame(self) -> tuple[int, bytes] | None:
        data = self._data
        if len(data) < 2:
            return None
        size, start = data[1], 2
        if size >= 126:
            start = 4 if size == 126 else 10
            size = int.from_bytes(data[2:start], "big")
        if len(data) < start + size:
            return None
        payload = bytes(data[start : start + size])
        kind = data[0] & 0x0F
        del data[: start + size]
        return kind, payload

    def _take(self, now: float, kind: int, payload: bytes) -> None:
        if kind == TEXT:
            self._hear(now, json.loads(payload))
        elif kind == PING:
            self._send(PONG, payload)
        elif kind == CLOSE:
            self._transport.close()

    def _hear(self, now: float, event: dict[str, Any]) -> None:
        if event["type"] == "reply.delta":
            self._words(now, event)
        elif event["type"] == "snapshot" and not self.opened.done():
            self.opened.set_result(None)
        elif event["type"] == "reply.done":
            self._end(event)
        elif event["type"] == "error":
            self._tally.fail(event["code"])

    def _words(self, now: float, event: dict[str, Any]) -> None:
        tally = self._tally
        if event["seq"] != self.seq + 1:
            tally.fail("gap")
        self.seq = event["seq"]
        if not self.begun:
            self.begun = True
            tally.first_ms.append(1000 * (now - self.asked_at))
            tally.changed.set()
        tally.updates.append(now)
        for stamp in event["text"].split():
            tally.times.append(now)
            tally.late_ms.append(1000 * (now - float(stamp)))

    def _end(self, event: dict[str, Any]) -> None:
        self.begun = self.done = True
        self._tally.changed.set()
        if event["status"] != "complete" or event["seq"] != self.seq:
            self._tally.fail(f"ended as {event['status']}, {event['seq'] - self.seq} updates missing")

    def _send(self, kind: int, payload: bytes) -> None:
        # A client has to mask; the key 0 leaves the payload as it is.
        size = len(payload)
        head = bytes([0x80 | kind, 0x80 | size]) if size < 126 else bytes([0x80 | kind, 0xFE]) + size.to_bytes(2, "big")
        self._transport.write(head + bytes(4) + payload)


async def open_all(tabs: list[Tab], tally: Tally) -> list[Socket]:
    """Open so many sockets, some at a time, each up to its snapshot; those that fail are counted and left out."""
    turn = asyncio.Semaphore(OPENING_AT_ONCE)

    async def open_one(tab: Tab) -> Socket | None:
        address = urlsplit(tab["origin"])
        async with turn:
            try:
                loop = asyncio.get_running_loop()
                _, socket = await loop.create_connection(
                    lambda: Socket(tab, tally), str(address.hostname), address.port or 80
                )
                await socket.opened
            except OSError:
                tally.fail("not opened")
                return None
            return socket

    return [socket for socket in await asyncio.gather(*map(open_one, tabs)) if socket is not None]


async def until(tally: Tally, sockets: list[Socket], what: str, enough: Any = all) -> None:
    """Wait until all (or any) of the sockets that live are as far."""
    while not enough(getattr(socket, what) or socket.lost for socket in sockets):
        tally.changed.clear()
        await tally.changed.wait()


async def watch_self(late_ms: array[float]) -> None:
    """How late this process's own timers are."""
    while True:
        due = time.perf_counter() + LOOK_EVERY_S
        await asyncio.sleep(LOOK_EVERY_S)
        late_ms.append(1000 * (time.perf_counter() - due))


def step(at: str, **facts: Any) -> None:
    """Tell the caller and wait for it."""
    print(json.dumps({"at": at, **facts}), flush=True)
    sys.stdin.readline()


async def run(plan: dict[str, Any]) -> dict[str, Any]:
    """Carry the plan out; the figures."""
    tally = Tally()
    step("begin")
    idle = await open_all(plan["idle"], tally)
    step("idle", sockets=len(idle))
    began = time.perf_counter()
    streams = await open_all(plan["streams"], tally)
    step("open", sockets=len(streams), seconds=round(time.perf_counter() - began, 2))
    window = await stream_all(streams, plan, tally)
    failures = dict(tally.failures)
    for socket in [*idle, *streams]:
        socket.close()
    return {"streams": len(streams), "idle": len(idle), **figures(tally, window), "failures": failures}


@dataclass
class Window:
    """A span of time, and what this process was like in it."""

    start: float
    end: float = 0.0
    cpu_s: float = 0.0
    late_ms: array[float] = field(default_factory=lambda: array("d"))


async def stream_all(streams: list[Socket], plan: dict[str, Any], tally: Tally) -> Window:
    """Have all answered at the same time; the time that counts."""
    window = Window(time.time())
    question = plan["question"].format(end=round(window.start + plan["lasts_s"], 1))
    for socket in streams:
        socket.ask(question)
    await until(tally, streams, "begun")
    watcher = asyncio.create_task(watch_self(window.late_ms))
    cpu = time.process_time()
    step("steady")
    window.start = window.start if plan["whole"] else time.time()
    await until(tally, streams, "done", all if plan["whole"] else any)
    window.end, window.cpu_s = time.time(), time.process_time() - cpu
    step("over")
    watcher.cancel()
    await until(tally, streams, "done")
    return window


def figures(tally: Tally, window: Window) -> dict[str, Any]:
    """The words that came within the time that counts."""
    start, end = window.start, window.end
    late = sorted(ms for at, ms in zip(tally.times, tally.late_ms, strict=True) if start <= at <= end)
    first, own_late = sorted(tally.first_ms), sorted(window.late_ms)
    seconds = end - start
    return {
        "seconds": round(seconds, 1),
        "words": len(late),
        "words_per_s": round(len(late) / seconds),
        "updates_per_s": round(sum(start <= at <= end for at in tally.updates) / seconds),
        **{f"late_ms_{name}": share(late, percent) for name, percent in PERCENTILES.items()},
        "first_word_ms_p95": share(first, 95),
        "client_late_ms_p95": share(own_late, 95),
        "client_late_ms_max": share(own_late, 100),
        "client_cpu_s": round(window.cpu_s, 2),
    }


def share(ordered: list[float], percent: int) -> float:
    """The value that so many percent do not exceed; 0 when there are none."""
    if not ordered:
        return 0.0
    return round(ordered[min(len(ordered) - 1, len(ordered) * percent // 100)], 1)


def main() -> None:
    """Read the plan, run it, print the figures."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if soft != resource.RLIM_INFINITY else soft, hard))
    plan = json.loads(sys.stdin.readline())
    found = asyncio.run(asyncio.wait_for(run(plan), plan["patience_s"]))
    print(json.dumps({"at": "end", **found}), flush=True)


if __name__ == "__main__":
    main()
