"""How long another server may keep us waiting. An HTTP client's own limits count from byte to byte, so that a server
that sends one now and then would never be late; these count words.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from inference.backends.upstream.options import Options
from inference.errors import UpstreamTimeout

FAREWELL_S = 2.0  # for the figures that come after the last word


class Deadlines:
    """One request's. Only waiting for the server counts against the first word and the gap."""

    def __init__(self, name: str, options: Options) -> None:
        self._name, self._options = name, options
        self._end = _now() + options.total_s
        self._patience = options.first_token_s
        self._for = "its first word"

    def word(self) -> None:
        """The server has said something."""
        self._patience, self._for = self._options.gap_s, "its next word"

    def farewell(self) -> None:
        """Every word is there."""
        self._patience = min(self._patience, FAREWELL_S)

    @property
    def left(self) -> float:
        """Seconds that may still be waited for what comes next."""
        return min(self._patience, self._end - _now())

    @asynccontextmanager
    async def waiting(self) -> AsyncIterator[None]:
        """Wait inside of this. Raises UpstreamTimeout."""
        began = _now()
        try:
            async with asyncio.timeout(max(0.0, self.left)) as limit:
                yield
        except TimeoutError:
            if not limit.expired():
                raise
            raise UpstreamTimeout(f"Upstream {self._name} took too long to {self._reason()}.") from None
        finally:
            self._patience -= _now() - began

    def _reason(self) -> str:
        return "end its answer" if self._end <= _now() else f"say {self._for}"


def _now() -> float:
    return asyncio.get_running_loop().time()
