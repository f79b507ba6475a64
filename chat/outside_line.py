"""A line to a site as a browser has it: HTTP with cookies, streams piece by piece, a WebSocket. Standard library only.

For `manage.py doctor --url`; nothing that serves imports this.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import secrets
import socket
import ssl
import struct
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_S = 20.0
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response; header names in lower case."""

    status: int
    headers: dict[str, str]
    cookies: list[str]
    text: str
    ms: float


@dataclass(slots=True)
class Line:
    """Where the site is, how its certificate is judged, and the cookies that it gave."""

    url: str
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    cookies: SimpleCookie = field(default_factory=SimpleCookie)

    @property
    def secure(self) -> bool:
        """Whether there is TLS."""
        return urlsplit(self.url).scheme == "https"

    @property
    def origin(self) -> str:
        """What a browser calls this site."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to connect to."""
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or (443 if self.secure else 80)

    def get(self, path: str, **headers: str) -> Answer:
        """A page."""
        return self._ask("GET", path, None, headers)

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        """A JSON request."""
        return self._ask("POST", path, body, headers)

    def stream(self, path: str, body: Any, headers: Headers) -> Iterator[tuple[float, bytes]]:
        """The pieces of a response, each with the moment at which it came. Raises ConnectionError unless it is 200."""
        with contextlib.closing(self._connect()) as connection:
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json", **headers})
            with connection.getresponse() as response:
                if response.status != 200:
                    raise ConnectionError(str(response.status))
                while piece := response.read1(65_536):
                    yield time.monotonic(), piece

    def open(self, path: str, origin: str) -> Socket:
        """A WebSocket. Raises ConnectionError with the status in its text when the handshake is refused."""
        line = socket.create_connection(self.address, TIMEOUT_S)
        try:
            if self.secure:
                line = self.context.wrap_socket(line, server_hostname=self.address[0])
            opened = Socket(line)
            opened.shake_hands(path, {"Host": urlsplit(self.url).netloc, "Origin": origin, "Cookie": self._cookies()})
        except BaseException:
            line.close()
            raise
        return opened

    def certificate_ends(self) -> float:
        """The Unix time at which the certificate ends. Raises ssl.SSLCertVerificationError when it is not accepted."""
        with (
            socket.create_connection(self.address, TIMEOUT_S) as plain,
            self.context.wrap_socket(plain, server_hostname=self.address[0]) as secured,
        ):
            return ssl.cert_time_to_seconds(str((secured.getpeercert() or {}).get("notAfter")))

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self.address
        if self.secure:
            return http.client.HTTPSConnection(host, port, timeout=TIMEOUT_S, context=self.context)
        return http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)

    def _ask(self, method: str, path: str, body: Any, headers: Headers) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            named |= {"Content-Type": "application/json", "Origin": self.origin, "Referer": self.origin + "/"}
        began = time.monotonic()
        with contextlib.closing(self._connect()) as connection:
            data = None if body is None else json.dumps(body)
            connection.request(method, path, data, {"Cookie": self._cookies(), **named})
            response = connection.getresponse()
            text = response.read().decode("utf-8", "replace")
        given = response.headers.get_all("Set-Cookie", [])
        for cookie in given:
            self.cookies.load(cookie)
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, given, text, 1000 * (time.monotonic() - began))

    def _cookies(self) -> str:
        return "; ".join(f"{name}={morsel.value}" for name, morsel in self.cookies.items())


class Socket:
    """The little of RFC 6455 that a look needs: text, pings, the close code."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._file = line.makefile("rb")  # which keeps the line open until it is closed itself

    def shake_hands(self, path: str, headers: Headers) -> None:
        """Ask for the upgrade. Raises ConnectionError when it is refused."""
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        asked = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": key}
        named = {**headers, **asked, "Sec-WebSocket-Version": "13"}
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items())]
        self._line.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
        status = self._file.readline(1000).split(b" ")
        while self._file.readline(10_000) not in (b"\r\n", b""):
            pass
        if status[1:2] != [b"101"]:
            self.close()
            raise ConnectionError(status[1].decode("ascii", "replace") if len(status) > 1 else "-")

    def send(self, value: Any) -> None:
        """A JSON frame."""
        self._frame(TEXT, json.dumps(value).encode())

    def receive(self) -> Any:
        """The next JSON frame, or the close code as a number."""
        while True:
            kind, data = self._next()
            if kind == TEXT:
                return json.loads(data)
            if kind == CLOSE:
                return int.from_bytes(data[:2]) if len(data) >= 2 else 1005
            if kind == PING:
                self._frame(PONG, data)

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._line.close()

    def _next(self) -> tuple[int, bytes]:
        first, size = self._read(2)
        if size == 126:
            (size,) = struct.unpack("!H", self._read(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", self._read(8))
        return first & 0x0F, self._read(size)

    def _read(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) < size:
            raise ConnectionError("-")
        return data

    def _frame(self, kind: int, data: bytes) -> None:
        mask = secrets.token_bytes(4)
        size = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0x80 | 126]) + struct.pack("!H", len(data))
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(data))
        self._line.sendall(bytes([0x80 | kind]) + size + mask + masked)
