"""From an event to the open sockets: those of this process at once, those of the others in batches through the layer.

Channels' own layers give every socket a channel. That does not carry many streams: the one in memory walks over
all groups at each send and each receive, and the one on Redis hands out one message at a time for the whole process,
with four round trips each. Here a process has one channel, and an event is serialised once. Measured with 300 streams
beside 1,000 idle sockets: 94 microseconds of processor time an update instead of 1,549 (with wire.py and watching.py).

The layer may lose. Batches are numbered and an empty one goes out now and then, so that a process sees that it
missed something, and has its tabs read the state again.
"""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
import weakref
from collections import defaultdict
from typing import Any, Protocol

from channels.layers import InMemoryChannelLayer, get_channel_layer

from chat.faults import log_fault

logger = logging.getLogger(__name__)

Event = dict[str, Any]
RESYNC: Event = {"type": "resync"}
PROCESSES = "processes"  # the group with one channel of each process
KIND = "hub.batch"
BEAT_S = 2.0  # how soon a process that the layer forgot is back, and a loss is seen
PATIENCE_S = 3 * BEAT_S  # a line on which nothing moves for so long is made anew
RETRY_S = 0.5
MAX_BATCH = 500  # events
MAX_WAITING = 10_000  # events that the layer did not take yet
RESYNC_PAUSE_S = 0.02  # between two tabs: together they would be a burst of snapshots


class Listener(Protocol):
    """An open socket, as the hub sees it."""

    async def hear(self, event: Event, frame: str) -> None:
        """Take an event; `frame` is the same as JSON."""

    def doubtful(self, known: set[str]) -> bool:
        """Whether it should read the state again; replies that are `known` to run in this process miss no event."""


class Hub:
    """The sockets of one event loop by conversation, and the line to the other processes if there are any."""

    def __init__(self, layer: Any = None) -> None:
        self._layer = layer
        self._name = uuid.uuid4().hex
        self._listeners: dict[str, set[Listener]] = defaultdict(set)
        self._outbox: list[tuple[str, str]] = []
        self._sent = 0
        self._one_at_a_time = asyncio.Lock()
        self._failing = False
        self._seen: dict[str, int] = {}
        self._sending: asyncio.Task[None] | None = None
        self._line: asyncio.Task[None] | None = None
        self._resyncing: asyncio.Task[None] | None = None

    def join(self, conversation_id: str, listener: Listener) -> None:
        """Have a socket hear everything about a conversation from now on."""
        self._listeners[conversation_id].add(listener)
        if self._layer is not None and self._line is None:
            self._line = asyncio.create_task(self._keep_line(), name="hub line")

    def leave(self, conversation_id: str, listener: Listener) -> None:
        """Forget a socket; harmless when it is not known."""
        there = self._listeners.get(conversation_id, set())
        there.discard(listener)
        if not there:
            self._listeners.pop(conversation_id, None)

    def listening(self) -> list[Listener]:
        """Every open socket."""
        return [listener for there in self._listeners.values() for listener in there]

    async def tell(self, conversation_id: str, event: Event, frame: str) -> None:
        """Give an event to every socket of a conversation, wherever it is."""
        await self._deliver(conversation_id, event, frame)
        if self._layer is None:
            return
        if len(self._outbox) >= MAX_WAITING:
            self._outbox.clear()
            self._sent += 1  # the others see by the hole that they missed something
        self._outbox.append((conversation_id, frame))
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send_all(), name="hub sender")

    async def _deliver(self, conversation_id: str, event: Event, frame: str) -> None:
        for listener in list(self._listeners.get(conversation_id, ())):
            try:
                await listener.hear(event, frame)
            except Exception as error:
                log_fault(logger, "A socket did not take an event", error)

    # --- To the other processes -----------------------------------------------------------------------------

    async def _send_all(self) -> None:
        while self._outbox:
            batch, self._outbox = self._outbox[:MAX_BATCH], self._outbox[MAX_BATCH:]
            try:
                await self._send(batch)
                self._failing = False
            except Exception as error:
                if not self._failing:
                    logger.warning("Other processes cannot be told what happens: %s", type(error).__name__)
                self._failing = True

    async def _send(self, batch: list[tuple[str, str]]) -> None:
        async with self._one_at_a_time:
            self._sent += 1  # also when it fails: the hole in the numbers shows the loss
            message = {"type": KIND, "from": self._name, "number": self._sent, "events": batch}
            async with asyncio.timeout(PATIENCE_S):
                await self._layer.group_send(PROCESSES, message)

    # --- From the other processes ---------------------------------------------------------------------------

    async def _keep_line(self) -> None:
        lost = False
        while True:
            try:
                async with asyncio.TaskGroup() as group:
                    channel = await self._layer.new_channel()
                    await self._layer.group_add(PROCESSES, channel)
                    if lost:
                        self._resync_all()
                    group.create_task(self._beat(channel))
                    group.create_task(self._receive(channel))
            except* Exception as problems:
                logger.warning("The line to the other processes broke: %s", type(problems.exceptions[0]).__name__)
            lost = True
            await asyncio.sleep(RETRY_S)

    async def _beat(self, channel: str) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            await self._layer.group_add(PROCESSES, channel)  # a layer that started anew knows nobody
            await self._send([])

    async def _receive(self, channel: str) -> None:
        while True:
            async with asyncio.timeout(PATIENCE_S):  # its own beats come this way as well
                message = await self._layer.receive(channel)
            await self._hear_batch(message)

    async def _hear_batch(self, message: dict[str, Any]) -> None:
        sender, number = message["from"], message["number"]
        if sender == self._name:
            return
        if number != self._seen.get(sender, 0) + 1:
            if sender in self._seen:
                logger.warning("%d batches of another process were missed", number - self._seen[sender] - 1)
            self._resync_all()
        self._seen[sender] = number
        for conversation_id, frame in message["events"]:
            if conversation_id in self._listeners:
                await self._deliver(conversation_id, json.loads(frame), frame)

    def resync_doubtful(self, known: set[str]) -> None:
        """Have the tabs read the state again that wait in vain for news of a reply."""
        self._resync([listener for listener in self.listening() if listener.doubtful(known)])

    def _resync_all(self) -> None:
        self._resync(self.listening())

    def _resync(self, listeners: list[Listener]) -> None:
        if listeners and (self._resyncing is None or self._resyncing.done()):
            self._resyncing = asyncio.create_task(self._resync_each(listeners), name="hub resync")

    async def _resync_each(self, listeners: list[Listener]) -> None:
        for listener in listeners:
            await listener.hear(RESYNC, "")
            await asyncio.sleep(RESYNC_PAUSE_S)


_hubs: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = weakref.WeakKeyDictionary()


def get_hub() -> Hub:
    """The running event loop's hub."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        layer = get_channel_layer()
        _hubs[loop] = Hub(None if isinstance(layer, InMemoryChannelLayer) else layer)
    return _hubs[loop]
