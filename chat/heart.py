"""The heartbeat of a serving process: it says that this one lives, and looks after what others left behind."""

from __future__ import annotations

import asyncio
import logging
import time
import weakref

from django.conf import settings

from chat import chores, events, leases, metrics, replies
from chat.faults import log_fault
from chat.hub import get_hub
from chat.offloop import off_loop

logger = logging.getLogger(__name__)


class Rhythm:
    """Since when the database has answered one beat after the other.

    After an outage everybody's last beat is long ago, and who beats first would take all the others for dead. So
    nobody judges before the others have had the time of a lease to beat again.
    """

    def __init__(self) -> None:
        self._since = self._last = float("-inf")

    def answered(self) -> bool:
        """Note an answer; whether there were enough of them to judge others by."""
        now, expires_s = time.monotonic(), settings.CHAT_LEASE["expires_s"]
        if self.late():
            self._since = now
        self._last = now
        return now - self._since >= expires_s

    def late(self) -> bool:
        """Whether the last answer is so long ago that others may soon take this process for dead."""
        return time.monotonic() - self._last > settings.CHAT_LEASE["expires_s"] / 2


_rhythms: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Rhythm] = weakref.WeakKeyDictionary()
_hearts: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[None]] = weakref.WeakKeyDictionary()


def start() -> None:
    """Beat from now on, as long as the running event loop lives; harmless when it beats already."""
    loop = asyncio.get_running_loop()
    if loop not in _hearts or _hearts[loop].done():
        _hearts[loop] = loop.create_task(_beat_on(), name="heart")
    chores.start()


async def stop() -> None:
    """Beat no more."""
    await chores.stop()
    task = _hearts.pop(asyncio.get_running_loop(), None)
    if task is not None:
        task.cancel()
        await asyncio.wait([task])


async def catch_up() -> None:
    """Beat before new work is taken, if this process was stopped for so long that the work would count as orphaned."""
    loop = asyncio.get_running_loop()
    if loop in _hearts and loop in _rhythms and _rhythms[loop].late():
        await beat()


async def beat() -> None:
    """One beat. A database that does not answer is the requests' problem; the next beat tries again."""
    rhythm = _rhythms.setdefault(asyncio.get_running_loop(), Rhythm())
    try:
        turn = await off_loop(leases.beat, replies.running(), rhythm.answered)
    except Exception as error:
        log_fault(logger, "A heartbeat failed", error)
        return
    for pk in turn.lost:
        replies.let_go(pk)
    for reply in turn.taken:
        replies.start(reply)
    for reply in turn.ended:
        await events.publish(str(reply.conversation.public_id), events.done(reply))
    metrics.count_reaped(len(turn.ended))
    if turn.ended or turn.taken:
        logger.warning("Replies of processes that ended: %d cut short, %d go on here", len(turn.ended), len(turn.taken))


async def _beat_on() -> None:
    while True:
        await beat()
        get_hub().resync_doubtful(replies.running_ids())
        await asyncio.sleep(settings.CHAT_LEASE["beat_s"])
