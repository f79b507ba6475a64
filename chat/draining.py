"""The end of a serving process that loses nothing: no new work, some time for what runs, the rest for the others."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

from chat import dispatch, heart, leases, processes, replies
from chat.faults import log_fault
from chat.offloop import off_loop

logger = logging.getLogger(__name__)


async def drain(send_away: Callable[[], Awaitable[None]]) -> None:
    """Bring this process's work to an end; `send_away` has the tabs reconnect, if there is somebody to go to.

    With nobody else there, the tabs stay and see how their answers end.
    """
    processes.begin_draining()
    await heart.beat()  # the others see it at once
    await dispatch.settle()
    leaving = asyncio.ensure_future(send_away()) if await _heirs() else None
    await replies.settle(settings.CHAT_DRAIN_S)
    await _leave_running()
    await heart.stop()
    await _in_database(leases.leave)
    if leaving is not None:
        leaving.cancel()  # who is still here goes with the rest


async def _leave_running() -> None:
    """What has not ended by now goes on in another process, or is cut short."""
    if replies.running() and await _heirs():
        await replies.hand_on_all()
        await _in_database(leases.hand_on)
    else:
        await replies.interrupt_all()


async def _heirs() -> bool:
    return bool(await _in_database(processes.peers))


async def _in_database(function: Callable[[], Any]) -> Any:
    """Without a database the end is no less an end; what is not told now, the lease tells when it runs out."""
    try:
        return await off_loop(function)
    except Exception as error:
        log_fault(logger, "The end of this process could not be stored", error)
        return None
