"""Another server that speaks the OpenAI protocol (vLLM, llama.cpp, a cloud, another Duologue), asked as a backend.

Its address, key and model come from the INFERENCE setting, never from a visitor, and what leaves the house is the
turns' words, the model's name and how to choose tokens: nothing about who asks.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from inference.backends.upstream import faults
from inference.backends.upstream.client import Clients
from inference.backends.upstream.deadlines import Deadlines
from inference.backends.upstream.exchange import Exchange
from inference.backends.upstream.health import Health
from inference.backends.upstream.merging import merged
from inference.backends.upstream.options import Options
from inference.errors import InferenceError
from inference.types import Chunk, Request, Status

if TYPE_CHECKING:
    from openai import AsyncOpenAI

DOWN = (502, 503, 504)


class OpenAICompatibleBackend:
    """For the options see Options. Nothing is imported or asked before the first use.

    Any InferenceError may be raised before the first word; after it a failure is the last chunk.
    """

    def __init__(self, name: str = "upstream", **options: Any) -> None:
        self.name = name
        self._options = Options(**options)
        self._clients = Clients(self._options)
        self._health = Health(name, self.look)
        self._refused: set[str] = set()  # fields that the server does not take
        self._apart = self._options.candidates == "apart"

    @property
    def large(self) -> bool:
        """Whether its model follows instructions."""
        told = self._options.large
        return self._options.articles != "server" if told is None else told

    def start(self) -> None:
        """Nothing to load: whether it is up is seen by the way."""
        self._health.here()

    def status(self) -> Status:
        """As the server was seen last."""
        return replace(self._health.status(), engine=self.name)

    def describe(self) -> dict[str, Any]:
        """Where it is and what it is called; never the key."""
        options = self._options
        facts = {"model": options.model, "url": options.base_url, "label": options.label or self.name}
        return {"backend": "openai_compatible", **facts, "refused_fields": sorted(self._refused)}

    def close(self) -> None:
        """Close the connections."""
        self._health.close()
        self._clients.close()

    async def aclose(self) -> None:
        """Close the running event loop's connections, and wait for that."""
        self._health.close()
        await self._clients.aclose()

    async def look(self) -> None:
        """Ask the server something cheap. Raises BackendUnavailable or UpstreamTimeout when it is not up."""
        await self.models()

    async def models(self) -> list[str] | None:
        """The names of the server's models; None when it keeps no list. Raises as `look` does."""
        client = await self._clients.get()
        import openai

        with faults.opening(self.name):
            try:
                async with Deadlines(self.name, self._options).waiting():
                    page = await client.models.list()
            except openai.APIStatusError as error:
                if error.status_code in (401, 403, *DOWN):
                    raise
                return None
        with faults.reading(self.name):
            return [str(model.id) for model in page.data or ()]

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        """See Backend.stream."""
        self._health.here()
        self._health.running += 1
        try:
            async with aclosing(self._asked(request)) as chunks:  # type: ignore[type-var]
                async for chunk in chunks:
                    self._note(chunk)
                    yield chunk
        except InferenceError as error:
            self._health.ill(error)
            raise
        finally:
            self._health.running -= 1

    def _note(self, chunk: Chunk) -> None:
        if isinstance(chunk.error, InferenceError):
            self._health.ill(chunk.error)
        elif chunk.text:
            self._health.well()

    async def _asked(self, request: Request) -> AsyncIterator[Chunk]:
        """All candidates in one request, or those that the server does not give in such a one in one each."""
        client, count = await self._clients.get(), request.sampling.n
        left: Iterable[int] = range(count)
        if count == 1 or not self._apart:
            exchange = self._exchange(client, request, 0)
            async with aclosing(exchange.stream()) as chunks:  # type: ignore[type-var]
                async for chunk in chunks:
                    yield chunk
            left = exchange.missing
        if left:
            self._apart = True
            alone = [self._exchange(client, _one(request, index), index).stream(raises=False) for index in left]
            async with aclosing(merged(alone)) as chunks:  # type: ignore[type-var]
                async for chunk in chunks:
                    yield chunk

    def _exchange(self, client: AsyncOpenAI, request: Request, first: int) -> Exchange:
        return Exchange(self.name, self._options, client, request, self._refused, first)


def _one(request: Request, index: int) -> Request:
    """The request for one candidate; the same seed would give the same answer again."""
    seed = request.sampling.seed
    return replace(request, sampling=replace(request.sampling, n=1, seed=None if seed is None else seed + index))
