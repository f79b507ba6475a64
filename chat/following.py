"""What a tab believes to be running, so that it can be told when it believed too long.

The line to another process may lose the last event of a reply as well as any other, and after the last one comes no
next one that would show the gap. So a tab that hears nothing about a reply for a while reads the state again.
"""

from __future__ import annotations

import time
from typing import Any

from chat.enums import Status

Event = dict[str, Any]
SILENCE_S = 2.5  # the engines tell about a reply that waits more often than that


class Following:
    """The running replies of one tab, and when it last heard of each."""

    def __init__(self) -> None:
        self._heard: dict[str, float] = {}
        self._stale = False

    def take(self, event: Event) -> None:
        """Note what an event says about replies."""
        kind = event["type"]
        if kind in ("reply.delta", "reply.waiting", "reply.resumed"):
            self._heard[event["message_id"]] = time.monotonic()
        elif kind == "reply.done":
            self._heard.pop(event["message_id"], None)
        elif kind == "turn.created":
            self._start(event)
        elif kind == "snapshot":
            self._stale = False
            self._heard.clear()
            self._start(event)

    def mistrust(self) -> None:
        """The state could not be read although it should have been."""
        self._stale = True

    def doubtful(self, known: set[str]) -> bool:
        """Whether the state should be read again; the replies that are `known` to run here miss no event."""
        since = time.monotonic() - SILENCE_S
        return self._stale or any(heard < since for reply, heard in self._heard.items() if reply not in known)

    def _start(self, event: Event) -> None:
        running = [message["id"] for message in event["messages"] if message["status"] == Status.STREAMING]
        self._heard.update(dict.fromkeys(running, time.monotonic()))
