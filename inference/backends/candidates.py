"""Several candidates as answers of their own, side by side, told as one stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace

from inference.types import Chunk, Request

Answering = Callable[[Request], AsyncIterator[Chunk]]


async def several(request: Request, answer: Answering) -> AsyncIterator[Chunk]:
    """One stream for each of the request's candidates, with seeds one after the other, as the engine gives them.

    An error that one of them raises ends them all.
    """
    singles = _singles(request)
    if len(singles) == 1:
        async with aclosing(answer(request)) as chunks:  # type: ignore[type-var]
            async for chunk in chunks:
                yield chunk
        return
    queue: asyncio.Queue[Chunk | BaseException | None] = asyncio.Queue()
    tasks = [asyncio.create_task(_collect(answer(one), index, queue)) for index, one in enumerate(singles)]
    try:
        left = len(tasks)
        while left:
            item = await queue.get()
            if isinstance(item, BaseException):
                raise item
            left -= item is None
            if item is not None:
                yield item
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _collect(
    answer: AsyncIterator[Chunk], index: int, queue: asyncio.Queue[Chunk | BaseException | None]
) -> None:
    try:
        async with aclosing(answer) as chunks:  # type: ignore[type-var]
            async for chunk in chunks:
                queue.put_nowait(replace(chunk, index=index))
    except Exception as error:
        queue.put_nowait(error)
    else:
        queue.put_nowait(None)


def _singles(request: Request) -> list[Request]:
    sampling = request.sampling
    if sampling.n == 1:
        return [request]
    seeds = [None if sampling.seed is None else sampling.seed + index for index in range(sampling.n)]
    return [
        replace(request, sampling=replace(sampling, n=1, seed=seed), id=f"{request.id}-{index}")
        for index, seed in enumerate(seeds)
    ]
