"""What a server process does once, before it answers anybody."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterator
from typing import Any

from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.conf import settings
from django.db import connection

from chat import heart, leases, processes
from chat.faults import log_fault
from chat.models import Process
from chat.offloop import off_loop

logger = logging.getLogger(__name__)

LOCK = 4_207_311  # PostgreSQL's advisory locks are numbers that applications agree on
POLL_S = 0.1


class AfterRestart:
    """ASGI middleware that enters this process into the table and begins its heartbeat, before the first request.

    With the in-memory layer, which means that this is the only process, it also marks the replies of a dead process
    as interrupted at once. With several, a running reply may well be another's; who is dead shows in time.
    """

    def __init__(self, application: Any) -> None:
        self.application = application
        self._done = False
        self._lock = asyncio.Lock()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        if not self._done:
            async with self._lock:
                await self._once()
        return await self.application(scope, receive, send)

    async def _once(self) -> None:
        if self._done:
            return
        if isinstance(get_channel_layer(), InMemoryChannelLayer):
            await interrupt_orphans()
        await enter()
        self._done = True


async def enter() -> None:
    """Enter this process into the table, if it is not there yet, and begin its heartbeat."""
    if processes.this_process() is None:
        try:
            await off_loop(leases.register)
        except Exception as error:
            log_fault(logger, "This process could not be entered into the table; the next heartbeat tries again", error)
    heart.start()


async def interrupt_orphans() -> None:
    """Mark what a dead process left running; a database that cannot be written is the requests' problem."""
    try:
        count = await off_loop(leases.interrupt_orphans)
    except Exception as error:
        log_fault(logger, "Unfinished replies could not be marked", error)
        return
    if count:
        logger.warning("%d replies were cut short when the last process ended.", count)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Of processes that start together on PostgreSQL, one prepares the database; the others wait, then find it done.

    On a connection of its own, which gives the lock back however it ends.
    """
    if connection.vendor != "postgresql":
        yield
        return
    import psycopg

    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as own:
        own.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        yield


def somebody_serves() -> bool:
    """Whether another process beats on this database. A killed one only looks alive for a while."""
    before = _heartbeats()
    end = time.monotonic() + 2 * settings.CHAT_LEASE["beat_s"] + 1
    while before and time.monotonic() < end:
        now = _heartbeats()
        if any(now.get(key, at) != at for key, at in before.items()):
            return True
        time.sleep(POLL_S)
    return False


def _heartbeats() -> dict[Any, Any]:
    if Process._meta.db_table not in connection.introspection.table_names():
        return {}
    return dict(Process.objects.filter(processes.fresh()).values_list("pk", "heartbeat_at"))
