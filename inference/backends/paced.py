"""A backend without a model that says words at a steady pace: for measuring the load of the web side alone.

The last message says the pace and the end: "10 1800000000" is ten words a second up to that Unix time. Each word is
the time at which it was due. Not when it was made: a loop that is behind makes words late, and that counts.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from typing import Any

from inference.errors import InvalidRequest
from inference.types import BackendState, Chunk, Completion, FinishReason, Request, Status


class PacedBackend:
    """Ready at once; any number of answers at the same time."""

    def __init__(self, name: str = "default") -> None:
        self.name = name

    def start(self) -> None:
        """Nothing to load."""

    def status(self) -> Status:
        """Always ready."""
        return Status(BackendState.READY, 1.0)

    def describe(self) -> dict[str, Any]:
        """Facts as a real backend gives them."""
        return {"backend": "paced", "checkpoint": "none", "device": "none", "precision": "none"}

    def close(self) -> None:
        """Nothing to close."""

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        """See Backend.stream."""
        per_second, end = _pace(request)
        began = time.time() + random.random() / per_second  # so that many streams do not speak in step
        count = max(0, int((end - began) * per_second))
        for number in range(count):
            due = began + number / per_second
            await asyncio.sleep(due - time.time())
            yield Chunk(text=f"{due:.4f} ", token_count=1)
        yield Chunk(finish_reason=FinishReason.STOP, completion=_completion(self.name, count))


def _pace(request: Request) -> tuple[float, float]:
    try:
        per_second, end = map(float, request.messages[-1].content.split())
    except ValueError:
        raise InvalidRequest("Say how many words a second, and up to which Unix time.") from None
    return per_second, end


def _completion(name: str, count: int) -> Completion:
    return Completion(
        backend=name,
        checkpoint="none",
        checkpoint_sha256="",
        prompt_tokens=0,
        truncated_tokens=0,
        completion_tokens=count,
        queue_ms=0.0,
        first_token_ms=0.0,
        total_ms=0.0,
    )
