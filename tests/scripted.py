"""A backend that says what a test tells it to: the only stand-in, for what is outside the chat."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from inference.knowledge import Teaching
from inference.types import BackendState, Chunk, Citation, Completion, Decision, FinishReason, Request, Status, Waiting

COMPLETION = Completion(
    backend="default",
    checkpoint="scripted",
    checkpoint_sha256="ab" * 32,
    prompt_tokens=7,
    truncated_tokens=2,
    completion_tokens=3,
    queue_ms=1.0,
    first_token_ms=2.0,
    total_ms=3.0,
    mean_logprob=-0.5,
    min_logprob=-1.5,
    seed=None,
    sources=("card_arrival",),
)


@dataclass(frozen=True)
class Fail:
    """The answer breaks off with this error."""

    error: Exception


@dataclass(frozen=True)
class Raise:
    """The stream raises, which a backend may do before its first chunk only; one with a fault does it later."""

    error: Exception


@dataclass(frozen=True)
class Vanish:
    """The stream ends without its last chunk, against the protocol."""


Step = str | asyncio.Event | Waiting | Citation | Decision | Fail | Raise | Vanish | FinishReason


@dataclass
class ScriptedBackend:
    """Takes one script per request, in order; without one it answers "Hello there." at once.

    A text is yielded, an Event is waited for, a Waiting, Citation or Decision is told; a FinishReason ends the answer.
    """

    name: str = "default"
    scripts: list[list[Step]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    cancelled: list[Request] = field(default_factory=list)
    shown: Status = field(default_factory=lambda: Status(BackendState.READY, 1.0))
    teaching: Teaching = field(default_factory=Teaching)
    started: int = 0
    closed: int = 0
    large: bool = False

    def start(self) -> None:
        """Counts."""
        self.started += 1

    def status(self) -> Status:
        """What the test says."""
        return self.shown

    def describe(self) -> dict[str, Any]:
        """Nothing to tell."""
        return {"device": "none"}

    def close(self) -> None:
        """Counts."""
        self.closed += 1

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        """Play the next script."""
        self.requests.append(request)
        script = self.scripts.pop(0) if self.scripts else ["Hello ", "there."]
        finished = False
        try:
            for step in script:
                chunk = await _play(step)
                if isinstance(step, Vanish):
                    finished = True
                    return
                if chunk is not None:
                    finished = chunk.finish_reason is not None
                    yield chunk
            if not finished:
                finished = True
                yield Chunk(finish_reason=FinishReason.STOP, completion=COMPLETION)
        finally:
            if not finished:
                self.cancelled.append(request)


async def _play(step: Step) -> Chunk | None:
    if isinstance(step, asyncio.Event):
        await step.wait()
        return None
    if isinstance(step, Raise):
        raise step.error
    if isinstance(step, Waiting):
        return Chunk(waiting=step)
    if isinstance(step, Citation):
        return Chunk(citation=step)
    if isinstance(step, Decision):
        return Chunk(decision=step)
    if isinstance(step, Fail):
        return Chunk(finish_reason=FinishReason.ERROR, completion=COMPLETION, error=step.error)
    if isinstance(step, FinishReason):
        return Chunk(finish_reason=step, completion=COMPLETION)
    return Chunk(text=step, token_count=1) if isinstance(step, str) else None
