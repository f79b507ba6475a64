"""The openai package's client, one for each event loop that asks, held to what may leave the house."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from inference.backends.upstream.options import Options
from inference.engine.thread import off_loop

if TYPE_CHECKING:
    from openai import AsyncOpenAI

# The package adds others about this machine, or from variables of its own (an organisation, a project).
HEADERS = {"host", "authorization", "accept", "accept-encoding", "content-type", "content-length", "connection"}
AGENT = "Duologue"


class Clients:
    """Connections belong to the event loop that made them, so each loop has a client of its own."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncOpenAI] = WeakKeyDictionary()

    async def get(self) -> AsyncOpenAI:
        """The running loop's client. Its package, which takes a second to import, is imported at the first use."""
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            made = await off_loop(_client, self._options)
            self._clients.setdefault(loop, made)
        return self._clients[loop]

    def close(self) -> None:
        """Close the connections of each loop in that loop; those of loops that have ended are gone already."""
        for loop, client in list(self._clients.items()):
            if not loop.is_closed():
                loop.call_soon_threadsafe(_in_background, client.close())
        self._clients.clear()

    async def aclose(self) -> None:
        """Close the running loop's."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.close()


_closing: set[asyncio.Task[None]] = set()


def _in_background(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(work)
    _closing.add(task)
    task.add_done_callback(_closing.discard)


def _client(options: Options) -> AsyncOpenAI:
    import httpx2
    from openai import AsyncOpenAI

    allowed = HEADERS if options.api_key else HEADERS - {"authorization"}

    async def leave_out(request: httpx2.Request) -> None:
        for name in set(request.headers) - allowed:
            del request.headers[name]
        request.headers["user-agent"] = AGENT

    # Waiting for words is limited by Deadlines; a redirect could lead a key to somewhere else.
    timeout = httpx2.Timeout(None, connect=options.connect_s, pool=options.connect_s, write=options.gap_s)
    http = httpx2.AsyncClient(timeout=timeout, follow_redirects=False, event_hooks={"request": [leave_out]})
    return AsyncOpenAI(
        base_url=options.base_url, api_key=options.api_key or "none", max_retries=0, timeout=timeout, http_client=http
    )
