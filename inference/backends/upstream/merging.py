"""Several streams as one, in the order in which their pieces come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing

from inference.types import Chunk


async def merged(streams: Sequence[AsyncIterator[Chunk]]) -> AsyncIterator[Chunk]:
    """Every chunk of every stream; closing this closes all of them. The first exception ends all."""
    queue: asyncio.Queue[Chunk | Exception | None] = asyncio.Queue(maxsize=1)
    tasks = [asyncio.create_task(_into(queue, stream)) for stream in streams]
    left = len(tasks)
    try:
        while left:
            item = await queue.get()
            if isinstance(item, Exception):
                raise item
            left -= item is None
            if item is not None:
                yield item
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _into(queue: asyncio.Queue[Chunk | Exception | None], stream: AsyncIterator[Chunk]) -> None:
    try:
        async with aclosing(stream) as chunks:  # type: ignore[type-var]
            async for chunk in chunks:
                await queue.put(chunk)
    except Exception as error:
        await queue.put(error)
    else:
        await queue.put(None)
