"""One question to another server: repeated while nothing was said, ended when the time is over, closed in any case."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any

from inference.backends.upstream import faults
from inference.backends.upstream.body import body_of, refused_field
from inference.backends.upstream.chunks import Reader
from inference.backends.upstream.deadlines import Deadlines
from inference.backends.upstream.options import Options
from inference.errors import InferenceError, Overloaded, StreamBroken, UpstreamTimeout, UpstreamUnreachable
from inference.types import Chunk, Request

if TYPE_CHECKING:
    from openai import AsyncOpenAI

BACKOFF_S = 0.25
PATIENT_S = 5.0  # the longest wait that a server may ask for before it is asked again
MAY_PASS = (UpstreamUnreachable, Overloaded, StreamBroken)


class Exchange:
    """Asks for candidates of one request, the first of which is number `first` of those that are wanted in all.

    `refused` is what is known of fields that the server does not take. `missing` are candidates that it left out.
    """

    def __init__(
        self, name: str, options: Options, client: AsyncOpenAI, request: Request, refused: set[str], first: int = 0
    ) -> None:
        self._name, self._options, self._client, self._request = name, options, client, request
        self._refused, self._newly = refused, set(refused)
        self._first = first
        self._limits = Deadlines(name, options)
        self.missing: list[int] = []

    async def stream(self, raises: bool = True) -> AsyncIterator[Chunk]:
        """See Backend.stream, but that what is raised before the first word may be any InferenceError; or nothing."""
        for attempt in range(self._options.retries + 1):
            reader = self._reader()
            try:
                async with aclosing(self._attempt(reader)) as chunks:  # type: ignore[type-var]
                    async for chunk in chunks:
                        yield chunk
                self.missing = reader.missing
                return
            except InferenceError as error:
                if not reader.begun and await self._worth_another(attempt, error):
                    continue
                if raises and not reader.begun:
                    raise
                for chunk in reader.broken(error):
                    yield chunk
                return

    def _reader(self) -> Reader:
        knows = self._options.articles == "server"
        return Reader(self._name, self._options.model, self._request, knows, self._first)

    async def _worth_another(self, attempt: int, error: InferenceError) -> bool:
        """Whether to ask again, after the wait that the server asks for, or a little one."""
        asked = getattr(error, "retry_after_s", None)
        pause = BACKOFF_S * 2**attempt * random.uniform(0.5, 1.0) if asked is None else asked
        worth = isinstance(error, MAY_PASS) and pause <= PATIENT_S and pause < self._limits.left
        if not worth or attempt >= self._options.retries:
            return False
        async with self._limits.waiting():
            await asyncio.sleep(pause)
        return True

    async def _attempt(self, reader: Reader) -> AsyncIterator[Chunk]:
        async with self._opened() as opened, aclosing(self._events(opened, reader)) as events:  # type: ignore[type-var]
            async for event in events:
                with faults.reading(self._name):
                    chunks, alive = reader.read(event)
                if alive:
                    self._refused |= self._newly
                    self._limits.word()
                for chunk in chunks:
                    yield chunk
        for chunk in reader.ends():
            yield chunk

    async def _events(self, events: Any, reader: Reader) -> AsyncIterator[Any]:
        """The server's events up to its last one, or to the time when all is said and figures do not come."""
        while True:
            try:
                with faults.reading(self._name):
                    async with self._limits.waiting():
                        event = await anext(events, None)
            except (StreamBroken, UpstreamTimeout):
                if reader.ended:
                    return
                raise
            if event is None:
                return
            yield event
            if reader.ended:
                self._limits.farewell()

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Any]:
        """The server's stream of events; asked again at once without a field that it does not take."""
        events = await self._ask()
        try:
            yield events
        finally:
            await events.close()

    async def _ask(self) -> Any:
        import openai

        while True:
            body = body_of(self._request, self._options, self._newly)
            with faults.opening(self._name):
                try:
                    async with self._limits.waiting():
                        return await self._client.chat.completions.create(**body)
                except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                    field = refused_field(body, error.body) if error.code not in faults.TOO_LONG else None
                    if field is None or field in self._newly:
                        raise
                    self._newly.add(field)
