"""Looks after the open sockets of a process: is their session still good, is the model there now?

One task for all of them. A task, a timer and a trip to a worker thread for each would take a fifth of a core with a
thousand idle sockets; here they are looked at in turn, many in one trip.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
import uuid
import weakref
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from chat import access
from chat.access import Actor
from chat.errors import NotFound
from chat.faults import log_fault
from chat.offloop import off_loop

logger = logging.getLogger(__name__)

RECHECK_S = 10.0
LOOK_EVERY_S = 1.0
AT_ONCE = 50
SIGNED_OUT, NOT_FOUND = 4403, 4404


@dataclass(frozen=True, slots=True)
class Claim:
    """What a socket was opened with."""

    session_key: str
    actor: Actor
    conversation_id: uuid.UUID


class Tab(Protocol):
    """An open socket, as the watch sees it."""

    claim: Claim

    def look_at_model(self) -> None:
        """Tell the page how the model's start goes, if it does not know yet."""

    async def turn_away(self, code: int) -> None:
        """Close the socket with this code."""


class Watch:
    """The watch of one event loop."""

    def __init__(self) -> None:
        self._due: dict[Tab, float] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self, tab: Tab) -> None:
        """Look after a socket from now on; for the first time somewhere within the period, so that all spread."""
        self._due[tab] = time.monotonic() + random.random() * RECHECK_S
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="watch")

    def remove(self, tab: Tab) -> None:
        """Forget a socket; harmless when it is not known."""
        self._due.pop(tab, None)

    async def _run(self) -> None:
        while self._due:
            await asyncio.sleep(min(LOOK_EVERY_S, RECHECK_S))
            for tab in list(self._due):
                tab.look_at_model()
            now = time.monotonic()
            due = [tab for tab, at in self._due.items() if at <= now]
            for begin in range(0, len(due), AT_ONCE):
                await self._recheck(due[begin : begin + AT_ONCE])

    async def _recheck(self, tabs: list[Tab]) -> None:
        try:
            codes = await off_loop(refusals, [tab.claim for tab in tabs])
        except Exception as error:
            log_fault(logger, "Sessions of open sockets could not be checked", error)
            codes = {}
        for tab in tabs:
            if tab in self._due:
                self._due[tab] += RECHECK_S
            if tab.claim in codes:
                await tab.turn_away(codes[tab.claim])


def refusals(claims: Iterable[Claim]) -> dict[Claim, int]:
    """Those of the claims that do not hold any more, each with the code to close its socket with."""
    actors: dict[str, Actor] = {}
    found = {}
    for claim in set(claims):
        if claim.session_key not in actors:
            actors[claim.session_key] = access.actor_of_session(claim.session_key)
        if actors[claim.session_key] != claim.actor:
            found[claim] = SIGNED_OUT
        elif not _still_there(claim):
            found[claim] = NOT_FOUND
    return found


def _still_there(claim: Claim) -> bool:
    try:
        access.get_conversation(claim.actor, claim.conversation_id)
    except NotFound:
        return False
    return True


_watches: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Watch] = weakref.WeakKeyDictionary()


def get_watch() -> Watch:
    """The running event loop's watch."""
    return _watches.setdefault(asyncio.get_running_loop(), Watch())
