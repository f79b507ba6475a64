"""A visitor without a browser: cookies, CSRF token and sockets over the real network."""

from __future__ import annotations

import contextlib
import http.cookiejar
import json
import re
import urllib.request
import uuid
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

Event = dict[str, Any]
FINAL = ("complete", "stopped", "failed", "interrupted")
PATIENCE_S = 60


class Visitor:
    """One browser profile."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))

    @property
    def cookies(self) -> str:
        """The Cookie header."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._jar)

    def create(self) -> str:
        """A new conversation's id."""
        return str(self.post("/c/", {})["id"])

    def get(self, path: str) -> str:
        """A page's text."""
        with self._opener.open(self.url + path, timeout=PATIENCE_S) as response:
            return str(response.read().decode())

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """A JSON request with the page's token."""
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.get("/?new=1"))
        assert found is not None
        headers = {"Content-Type": "application/json", "X-CSRFToken": found.group(1), "Origin": self.url}
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers)
        with self._opener.open(request, timeout=PATIENCE_S) as response:
            answer: dict[str, Any] = json.loads(response.read())
            return answer

    def open(self, conversation: str) -> Tab:
        """A tab on a conversation, which need not be this visitor's."""
        address = self.url.replace("http", "ws", 1) + f"/ws/c/{conversation}/"
        headers = {"Cookie": self.cookies, "Origin": self.url}
        return Tab(address, headers)


class Tab:
    """What a page does with its socket: keeps each reply's text and status, and asks again after a gap."""

    def __init__(self, address: str, headers: dict[str, str]) -> None:
        self._stack = contextlib.ExitStack()
        connecting = connect(address, additional_headers=headers, open_timeout=PATIENCE_S, close_timeout=2)
        self._socket = self._stack.enter_context(connecting)
        self.texts: dict[str, str] = {}
        self.statuses: dict[str, str] = {}
        self.seqs: dict[str, int] = {}
        self.events: list[Event] = []

    def send(self, type_: str, **fields: Any) -> None:
        """A command."""
        self.send_raw(json.dumps({"type": type_, **fields}))

    def send_raw(self, frame: str | bytes) -> None:
        """Any frame."""
        self._socket.send(frame)

    def ask(self, text: str, client_id: str = "") -> str:
        """Send a message; its client id."""
        client_id = client_id or str(uuid.uuid4())
        self.send("message.send", client_id=client_id, text=text)
        return client_id

    def next(self) -> Event:
        """Take one event in."""
        event: Event = json.loads(self._socket.recv(timeout=PATIENCE_S))
        self.events.append(event)
        self._apply(event)
        return event

    def until(self, type_: str) -> Event:
        """Take events in up to the next of this type; no error may come before it."""
        while (event := self.next())["type"] != type_:
            assert event["type"] != "error", event
        return event

    def until_any(self, type_: str) -> Event:
        """Take events in up to the next of this type, whatever comes before it."""
        while (event := self.next())["type"] != type_:
            pass
        return event

    def until_done(self, reply: str) -> None:
        """Take events in until the reply is at an end."""
        while self.statuses.get(reply) not in FINAL:
            self.next()

    def until_pieces(self, reply: str, pieces: int) -> None:
        """Take events in until the reply is that many stored pieces long, or at an end."""
        while self.seqs.get(reply, 0) < pieces and self.statuses.get(reply) not in FINAL:
            self.next()

    def drain(self) -> int | None:
        """Take in what is left after the other side went; the code that it closed with."""
        try:
            while True:
                self.next()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None

    def close(self) -> None:
        """Close the tab."""
        self._stack.close()

    def _apply(self, event: Event) -> None:
        if event["type"] in ("snapshot", "turn.created", "history"):
            for message in event["messages"]:
                self._take(message)
        elif event["type"] == "reply.delta":
            self._append(event["message_id"], event["seq"], event["text"])
        elif event["type"] == "reply.done":
            self._finish(event)

    def _take(self, message: Event) -> None:
        key = message["id"]
        if message["seq"] >= self.seqs.get(key, -1):
            self.texts[key], self.statuses[key], self.seqs[key] = message["text"], message["status"], message["seq"]

    def _append(self, key: str, seq: int, text: str) -> None:
        known = self.seqs.get(key, 0)
        if seq == known + 1:
            self.texts[key] = self.texts.get(key, "") + text
            self.seqs[key] = seq
        elif seq > known:
            self.send("sync")

    def _finish(self, event: Event) -> None:
        key = event["message_id"]
        if event["seq"] >= self.seqs.get(key, 0):
            self.texts[key], self.seqs[key] = event["text"], event["seq"]
        self.statuses[key] = event["status"]
