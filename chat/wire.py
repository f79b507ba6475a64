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

MAX_BEHIND_BYTES = 128 * 1024  # of frames that wait behind the one that is on its way, which may be a long state
KERNEL_BYTES = 64 * 1024  # asked for; Linux doubles it for its own bookkeeping
SLOW_READER = 4008


class Wire(WebSocketProtocol):
    """One connection. A page that was cut off comes back when it can, and reads the state then."""

    _behind = 0
    _cut_off = False

    def onConnect(self, request: Any) -> Any:
        """The handshake has come: from now on this is no page any more that should come fast."""
        self.transport.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
        return super().onConnect(request)

    def serverSend(self, content: str, binary: bool = False) -> None:
        """Send a text. Not as a message of autobahn's: its limit for what clients send holds for what we send too."""
        if self.state == self.STATE_OPEN:
            self.sendFrame(opcode=self.MESSAGE_TYPE_TEXT, payload=content.encode())
        elif self.state == self.STATE_CONNECTING:
            super().serverSend(content, binary)

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:
        """Send a frame now, if none waits before it."""
        if sync or chopsize or self.send_queue:
            super().sendData(data, sync, chopsize)
        elif unsent := self._unsent():
            self._add(data, unsent)
        else:
            self._send_now(data)

    def _unsent(self) -> int:
        transport = self.transport
        return len(transport.dataBuffer) - transport.offset + transport._tempDataLen

    def _send_now(self, data: bytes) -> None:
        self._behind = 0
        sent = self.transport.writeSomeData(data) if self.transport.connected else 0
        # A broken connection is told to its owner by the reactor, when it tries the rest.
        rest = data[sent:] if isinstance(sent, int) else data
        if rest:
            self.transport.write(rest)

    def _add(self, data: bytes, unsent: int) -> None:
        behind = min(self._behind, unsent)
        if behind <= MAX_BEHIND_BYTES:
            self._behind = behind + len(data)
            self.transport.write(data)
        elif not self._cut_off:
            self._cut_off = True
            logger.warning("A client that does not read was cut off, with %d bytes unsent.", unsent)
            # Not a polite close: its frame would wait behind the data, and the memory with it.
            self.transport.abortConnection()

    def onClose(self, wasClean: bool, code: int, reason: str) -> None:
        """Tell the application why."""
        super().onClose(wasClean, SLOW_READER if self._cut_off else code, reason)
