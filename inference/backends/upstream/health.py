"""Whether another server is up: as it was seen last, looked at anew when somebody asks and that is long ago."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from inference.errors import BackendUnavailable, InferenceError, InvalidRequest, Overloaded, UpstreamTimeout
from inference.types import BackendState, Status

logger = logging.getLogger(__name__)

LOOK_AGAIN_S = 60.0
LOOK_AGAIN_WHEN_DOWN_S = 5.0


class Health:
    """`look` asks the server something cheap, and raises as a question does. A server that nobody has asked is up."""

    def __init__(self, name: str, look: Callable[[], Awaitable[None]]) -> None:
        self._name, self._look = name, look
        self._error: InferenceError | None = None
        self._seen = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._looking: asyncio.Task[None] | None = None
        self.running = 0

    def here(self) -> None:
        """Remember the event loop in which the server may be looked at."""
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:  # called from a thread without one
            return

    def well(self) -> None:
        """It has answered."""
        self._error, self._seen = None, time.monotonic()

    def ill(self, error: InferenceError) -> None:
        """It has not. A full queue and a refused question are answers too."""
        if isinstance(error, InvalidRequest | Overloaded):
            self.well()
        elif isinstance(error, BackendUnavailable | UpstreamTimeout):
            self._error, self._seen = error, time.monotonic()
        logger.warning("%s", error)

    def status(self) -> Status:
        """As it was seen last; looked at in the background when that is long ago."""
        pause = LOOK_AGAIN_WHEN_DOWN_S if self._error else LOOK_AGAIN_S
        if time.monotonic() - self._seen > pause:
            self._look_soon()
        seen = Status(BackendState.READY, 1.0, running=self.running, engine=self._name)
        if self._error is None:
            return seen
        return replace(
            seen, state=BackendState.FAILED, progress=0.0, detail=str(self._error), error_code=self._error.code
        )

    def close(self) -> None:
        """End a look that is under way."""
        if self._looking is not None and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._looking.cancel)

    def _look_soon(self) -> None:
        self.here()
        if self._loop is None or self._loop.is_closed():
            return
        self._seen = time.monotonic()
        self._loop.call_soon_threadsafe(self._begin)

    def _begin(self) -> None:
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(self._looked())

    async def _looked(self) -> None:
        try:
            await self._look()
        except InferenceError as error:
            self.ill(error)
        else:
            self.well()
