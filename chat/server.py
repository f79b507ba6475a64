"""Daphne inside this process, with limits of our own and an end that loses nothing.

Daphne by itself allows 1 MiB a frame, keeps a whole request body in memory, takes a root path from a
client's header, and drops every client without a word on SIGTERM.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import math
import signal
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any

from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from django.conf import settings
from twisted.internet import reactor
from twisted.internet.endpoints import AdoptedStreamServerEndpoint
from twisted.web import http

from chat.consumers import RESTARTING
from chat.wire import Wire

with contextlib.suppress(ImportError):
    import resource

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 2_621_440  # Django's DATA_UPLOAD_MAX_MEMORY_SIZE; nothing here takes more
IDLE_CONNECTION_S = 60
LIMITS: dict[str, Any] = {
    "http_timeout": 120,
    "websocket_timeout": 3600,
    "websocket_connect_timeout": 10,
    "ping_interval": 10,
    "ping_timeout": 10,
    # A closed tab's consumer gets this long for its goodbye; a reply does not live in it.
    "application_close_timeout": 5,
}
API_PATH, API_GRACE_S = b"/v1/", 30
STORING_S = 15.0  # for what has to be stored after the running answers had their time
PACE_S = 0.02  # between two tabs that are sent away: together they would come to the other processes as a burst
GOODBYE_S = 0.3
TOO_LARGE = b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

Task = Callable[[], Awaitable[None]]
Drain = Callable[[Task], Awaitable[None]]


def open_port(host: str, port: int) -> socket.socket:
    """A listening socket, before anything else is done, so that a taken port changes nothing. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host.strip("[]"), port), family=family, backlog=512)


class LimitedRequest(WebRequest):
    """An HTTP request whose body is refused before it fills the memory; its answer may go on while it speaks."""

    _received = 0
    _spoke_at = 0.0

    def handle_reply(self, message: dict[str, Any]) -> None:
        """Called for each part of the answer."""
        self._spoke_at = time.time()
        super().handle_reply(message)

    def check_timeouts(self) -> None:
        """Called every two seconds. Silence is what counts: Daphne would cut a stream that is on its way, too."""
        begun = max(self._spoke_at, getattr(self, "request_start", math.inf))
        if time.time() - begun > self._patience_s():
            super().check_timeouts()

    def _patience_s(self) -> float:
        """An answer of the API that comes in one piece takes its time, and ends by itself."""
        if (getattr(self, "path", None) or b"").startswith(API_PATH):
            return float(settings.API_LIMITS["answer_s"] + API_GRACE_S)
        return float(self.server.http_timeout)

    def gotLength(self, length: int | None) -> None:
        """Called with the announced length; None when the body comes in chunks."""
        super().gotLength(length)
        self._refuse_over(length or 0)

    def handleContentChunk(self, data: bytes) -> None:
        """Called for each piece of the body."""
        self._received += len(data)
        if not self._refuse_over(self._received):
            super().handleContentChunk(data)

    def _refuse_over(self, size: int) -> bool:
        if size <= MAX_BODY_BYTES:
            return False
        self.channel.transport.write(TOO_LARGE)
        self.channel.loseConnection()
        return True


class LimitedFactory(HTTPFactory):
    """Gives every connection the limited request and an end to its idleness."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.timeOut = IDLE_CONNECTION_S

    def buildProtocol(self, addr: Any) -> Any:
        """One HTTP channel for one connection."""
        protocol: Any = http.HTTPFactory.buildProtocol(self, addr)
        protocol.requestFactory = LimitedRequest
        return protocol


class SiteServer(Server):
    """Serves an application on a socket that is open already.

    `alongside` runs beside the requests once they are answered; `drain` runs at SIGTERM or SIGINT, before
    the connections are cut, and a second signal does not wait for it. It is given what sends all tabs away, for when
    there is another process that they can go to.
    """

    def __init__(self, application: Any, listener: socket.socket, alongside: Task, drain: Drain) -> None:
        frame_bytes = settings.CHAT_LIMITS["frame_bytes"]
        super().__init__(
            _without_client_root(application),
            endpoints=["adopted"],  # Daphne refuses to be built without one; see _begin
            signal_handlers=False,
            ready_callable=self._begin,
            # One byte more, so that a frame at our limit gets our answer and only a larger one cuts the line.
            websocket_max_message_size=frame_bytes + 1,
            websocket_max_frame_size=frame_bytes + 1,
            **LIMITS,
        )
        self.endpoints: list[str] = []
        self._listener = listener
        self._alongside, self._drain = alongside, drain
        self._tasks: set[asyncio.Task[None]] = set()
        self._ports: list[Any] = []
        self._stopping = False

    def request_stop(self) -> None:
        """Drain, then stop; asked a second time, stop at once."""
        if self._stopping:
            self.stop()
            return
        self._stopping = True
        self._spawn(self._drain_and_stop())

    def kill_all_applications(self) -> Any:
        """As Daphne does, but without stumbling over connections whose application has ended."""
        ended = [key for key, details in self.connections.items() if "application_instance" not in details]
        for key in ended:
            del self.connections[key]
        return super().kill_all_applications()

    def _begin(self) -> None:
        loop = asyncio.get_event_loop()
        self.http_factory = LimitedFactory(self)
        self.ws_factory.protocol = Wire
        family = self._listener.family
        endpoint = AdoptedStreamServerEndpoint(reactor, self._listener.detach(), family)  # which closes it
        listening = endpoint.listen(self.http_factory)
        listening.addCallback(self.listen_success)
        listening.addErrback(self.listen_error)
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError):
                loop.add_signal_handler(number, self.request_stop)
        self._spawn(self._alongside())
        allow_many_sockets()
        _collect_less()

    def _spawn(self, coroutine: Any) -> None:
        task = asyncio.get_event_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def listen_success(self, port: Any) -> None:
        """Called when the port answers."""
        self._ports.append(port)
        super().listen_success(port)

    def _open_sockets(self) -> list[WebSocketProtocol]:
        sockets = [protocol for protocol in self.connections if isinstance(protocol, WebSocketProtocol)]
        return [protocol for protocol in sockets if protocol.state == protocol.STATE_OPEN]

    async def _send_away(self) -> None:
        for protocol in self._open_sockets():
            protocol.serverClose(code=RESTARTING)
            await asyncio.sleep(PACE_S)

    async def _requests_end(self) -> None:
        """Answers of the API have as long for their end as the chat's."""
        applications = [
            details["application_instance"]
            for protocol, details in self.connections.items()
            if isinstance(protocol, LimitedRequest) and "application_instance" in details
        ]
        if applications:
            await asyncio.wait(applications, timeout=settings.CHAT_DRAIN_S)

    async def _drain_and_stop(self) -> None:
        for port in self._ports:
            port.stopListening()
        requests = asyncio.ensure_future(self._requests_end())
        try:
            await asyncio.wait_for(self._drain(self._send_away), settings.CHAT_DRAIN_S + STORING_S)
            await requests
            await asyncio.sleep(GOODBYE_S)  # what the clients are told still has to leave
            for protocol in self._open_sockets():
                protocol.serverClose(code=RESTARTING)
            await asyncio.sleep(GOODBYE_S)
        except Exception as error:
            logger.error("Draining failed: %s", type(error).__name__)
        finally:
            self.stop()


def allow_many_sockets() -> None:
    """As many open files as this account may have: each socket is one, and the usual limit is 1,024."""
    if "resource" in globals():  # not on Windows
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        with contextlib.suppress(ValueError, OSError):  # where "unlimited" is more than the system takes
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _collect_less() -> None:
    """Leave what is there now out of garbage collection, and look through the rest more seldom.

    With a thousand sockets Python's defaults spend a quarter of the time on it, in pauses that every word waits for.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _without_client_root(application: Any) -> Any:
    """Daphne takes the root path from a header of the client's; nobody but the operator may set it."""

    async def wrapped(scope: dict[str, Any], receive: Any, send: Any) -> Any:
        return await application({**scope, "root_path": ""}, receive, send)

    return wrapped
