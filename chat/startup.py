"""What a server process does once, before it answers anybody."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from channels.layers import InMemoryChannelLayer, get_channel_layer

from chat import actions
from chat.faults import log_fault
from chat.offloop import off_loop

logger = logging.getLogger(__name__)


class AfterRestart:
    """ASGI middleware that marks the replies of a dead process as interrupted, before the first request.

    Only with the in-memory layer, which means that this is the only process: with several, a running
    reply may well be another's.
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
        self._done = True


async def interrupt_orphans() -> None:
    """Mark what a dead process left running; a database that cannot be written is the requests' problem."""
    try:
        count = await off_loop(actions.interrupt_orphans)
    except Exception as error:
        log_fault(logger, "Unfinished replies could not be marked", error)
        return
    if count:
        logger.warning("%d replies were cut short when the last process ended.", count)
