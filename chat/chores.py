"""What a serving process does every minute besides answering; other rooms say what.

Beside the heartbeat and never in it: a chore that takes long must not make this process look dead.
"""

from __future__ import annotations

import asyncio
import logging
import weakref
from collections.abc import Callable

from django.core.cache import cache

from chat.faults import log_fault
from chat.offloop import off_loop

logger = logging.getLogger(__name__)

EVERY_S = 60.0

_chores: dict[str, Callable[[], object]] = {}
_running: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[None]] = weakref.WeakKeyDictionary()


def every_minute(name: str, chore: Callable[[], object]) -> None:
    """Have this done once a minute, by one of the processes; it runs in a worker thread."""
    _chores[name] = chore


def start() -> None:
    """Begin, a minute from now; harmless when it has begun already."""
    loop = asyncio.get_running_loop()
    if loop not in _running or _running[loop].done():
        _running[loop] = loop.create_task(_on_and_on(), name="chores")


async def stop() -> None:
    """Do no more."""
    task = _running.pop(asyncio.get_running_loop(), None)
    if task is not None:
        task.cancel()
        await asyncio.wait([task])


async def do_all() -> None:
    """Each chore whose turn it is; one that fails is tried again a minute later."""
    for name, chore in _chores.items():
        try:
            await off_loop(_in_turn, name, chore)
        except Exception as error:
            log_fault(logger, f"The chore {name!r} failed", error)


async def _on_and_on() -> None:
    while True:
        await asyncio.sleep(EVERY_S)
        await do_all()


def _in_turn(name: str, chore: Callable[[], object]) -> None:
    """Processes share a cache: whoever is first has the turn, for a little less than a minute."""
    if cache.add(f"chore-{name}", True, EVERY_S - 5):
        chore()
