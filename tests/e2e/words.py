"""A backend for server processes: says many words, one at a time, in both languages and with emoji."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from inference.types import BackendState, Chunk, Completion, FinishReason, Request, Status, Waiting

WORDS = 60
EVERY_S = 0.02
PIECES = ("word{} ", "第{}个字 ", "👩‍💻{} ")


def all_words() -> list[str]:
    """The whole answer, piece by piece."""
    return [PIECES[number % len(PIECES)].format(number) for number in range(WORDS)]


class WordsBackend:
    """Ready at once; goes on from a prefix, as a real model does. To a question with "queue" it never says a word."""

    def __init__(self, name: str = "default", every_s: float = EVERY_S) -> None:
        self.name = name
        self.every_s = every_s
        self._state = BackendState.IDLE

    def start(self) -> None:
        """Nothing to load."""
        self._state = BackendState.READY

    def status(self) -> Status:
        """Ready once started."""
        return Status(self._state, 1.0)

    def describe(self) -> dict[str, Any]:
        """Facts as a real backend gives them."""
        return {"backend": "words", "checkpoint": "words", "device": "none", "precision": "none"}

    def close(self) -> None:
        """Nothing to close."""

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        """The words that the prefix lacks."""
        said = 0
        while "queue" in request.messages[-1].content:
            yield Chunk(waiting=Waiting("queued", 3, 15.0))
            await asyncio.sleep(self.every_s)
        for piece in all_words():
            said += len(piece)
            if said > len(request.prefix):
                await asyncio.sleep(self.every_s)
                yield Chunk(text=piece, token_count=1)
        yield Chunk(finish_reason=FinishReason.STOP, completion=_completion(request))


def _completion(request: Request) -> Completion:
    return Completion(
        backend="default",
        checkpoint="words",
        checkpoint_sha256="",
        prompt_tokens=len(request.messages),
        truncated_tokens=0,
        completion_tokens=WORDS,
        queue_ms=0.0,
        first_token_ms=0.0,
        total_ms=0.0,
    )
