"""A WebSocket of Daphne's whose frames leave at once, and that does not wait for a client that will not read.

Twisted by itself notes a write for the next turn of the loop, with two calls to the kernel beside the one that sends:
a third of what a word costs. And nothing in Daphne pushes back: what a client does not read is kept here without end.
"""

from __future__ import annotations

import logging
import socket
from typing import Any

from daphne.ws_protocol import WebSocketProtocol

logger = logging.getLogger(__name__)

MAX_UNSENT_BYTES = 128 * 1024  # in this process; a frame that begins below may go over it
KERNEL_BYTES = 64 * 1024  # asked for; Linux doubles it for its own bookkeeping
SLOW_READER = 4008


class Wire(WebSocketProtocol):
    """One connection. A page that was cut off comes back when it can, and reads the state then."""

    def onConnect(self, request: Any) -> Any:
        """The handshake has come: from now on this is no page any more that should come fast."""
        self.transport.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
        return super().onConnect(request)

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:
        """Send a frame now, if none waits before it."""
        if sync or chopsize or self.send_queue:
            super().sendData(data, sync, chopsize)
        elif not self.transport.connected or self.transport.disconnecting:
            return
        elif unsent := self._unsent():
            self._add(data, unsent)
        else:
            self._send_now(data)

    def _unsent(self) -> int:
        transport = self.transport
        return len(transport.dataBuffer) - transport.offset + transport._tempDataLen

    def _send_now(self, data: bytes) -> None:
        sent = self.transport.writeSomeData(data)
        # A broken connection is told to its owner by the reactor, when it tries the rest.
        rest = data[sent:] if isinstance(sent, int) else data
        if rest:
            self.transport.write(rest)

    def _add(self, data: bytes, unsent: int) -> None:
        if unsent <= MAX_UNSENT_BYTES:
            self.transport.write(data)
            return
        logger.warning("A client that does not read was cut off, with %d bytes unsent.", unsent)
        self._told_code = SLOW_READER
        # Not a polite close: its frame would wait behind the data, and the memory with it.
        self.transport.abortConnection()

    def onClose(self, wasClean: bool, code: int, reason: str) -> None:
        """Tell the application why."""
        super().onClose(wasClean, getattr(self, "_told_code", code), reason)
