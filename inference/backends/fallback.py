"""Several backends for one name: the first that is up answers, and one that just failed is left alone for a while.

Without that pause every visitor would wait until a server that is down has failed them too (a "circuit breaker",
Nygard, Release It!). When it is over, one request tries again while the others still go elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from inference import registry
from inference.backends.base import Backend
from inference.backends.records import decision_of, with_decision
from inference.errors import InferenceError, InvalidRequest
from inference.types import BackendState, Chunk, Decision, Request, Role, Status

FALLBACK = "fallback"
PAUSE_S = 30.0


@dataclass(slots=True)
class Circuit:
    """One backend's: closed as long as it works."""

    opened: float | None = None
    pause_s: float = PAUSE_S
    trying: bool = False

    @property
    def closed(self) -> bool:
        """Whether it worked when it was asked last."""
        return self.opened is None

    def admits(self) -> bool:
        """Whether a request may go this way."""
        if self.opened is None:
            return True
        return not self.trying and time.monotonic() - self.opened >= self.pause_s

    def works(self) -> None:
        """It has answered."""
        self.opened = None

    def failed(self, error: Exception, pause_s: float) -> None:
        """It has not; it may say itself for how long to leave it alone."""
        asked = getattr(error, "retry_after_s", None)
        self.opened = time.monotonic()
        self.pause_s = pause_s if asked is None else asked


class FallbackBackend:
    """Asks the backends of these names in turn, until one has said its first word; after that it is that one's answer.

    A mistake in the request is everybody's, so that ends it. The last one is asked in any case.
    """

    def __init__(self, name: str = "default", backends: Sequence[str] = (), pause_s: float = PAUSE_S) -> None:
        if not backends:
            raise InvalidRequest("A fallback needs the names of other backends.")
        self.name = name
        self._names = tuple(backends)
        self._pause_s = pause_s
        self._circuits = {name: Circuit() for name in backends}

    @property
    def _first(self) -> Backend:
        return registry.get_backend(self._names[0])

    @property
    def large(self) -> bool:
        """As the first is."""
        return bool(getattr(self._first, "large", False))

    def start(self) -> None:
        """Begin to load all of them: one that were loaded when it is needed would come late."""
        for name in self._names:
            registry.get_backend(name).start()

    def status(self) -> Status:
        """The first's; that of the best of the others when it cannot answer."""
        found = [registry.get_backend(name).status() for name in self._names]
        up = [status for status in found if status.state is not BackendState.FAILED]
        ready = [status for status in up if status.state is BackendState.READY]
        return (ready or up or found)[0]

    def describe(self) -> dict[str, Any]:
        """The first's facts, and who is behind it."""
        resting = [name for name, circuit in self._circuits.items() if not circuit.closed]
        return {**self._first.describe(), "backend": FALLBACK, "backends": list(self._names), "resting": resting}

    def close(self) -> None:
        """Close all."""
        for name in self._names:
            registry.get_backend(name).close()

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        """See Backend.stream."""
        names = [name for name in self._names if self._circuits[name].admits()] or [self._names[-1]]
        failed: dict[str, str] = dict.fromkeys(self._names[: self._names.index(names[0])], "resting")
        for name in names:
            attempt = _Attempt(name, self._circuits[name], failed, self._pause_s)
            asked = _for_a_small_one(request) if self.large and not registry.is_large(name) else request
            async with aclosing(attempt.stream(asked, last=name == names[-1])) as chunks:  # type: ignore[type-var]
                async for chunk in chunks:
                    yield chunk
            if attempt.error is None:
                return
            failed[name] = attempt.error.code


class _Attempt:
    """One backend's try; `error` is why the next one is to be asked."""

    def __init__(self, name: str, circuit: Circuit, failed: dict[str, str], pause_s: float) -> None:
        self._name, self._circuit, self._failed, self._pause_s = name, circuit, dict(failed), pause_s
        self._began = False
        self.error: InferenceError | None = None

    async def stream(self, request: Request, last: bool) -> AsyncIterator[Chunk]:
        tries = not self._circuit.closed
        self._circuit.trying = self._circuit.trying or tries
        try:
            if self._failed:
                yield Chunk(decision=self._marked(Decision(answered_by=self._name)))
            async with aclosing(registry.get_backend(self._name).stream(request)) as chunks:  # type: ignore[type-var]
                async for chunk in chunks:
                    if self._gives_up(chunk) and not last:
                        return
                    yield self._recorded(chunk)
        except InvalidRequest:
            raise
        except InferenceError as error:
            self._fails(error)
            if last or self._began:
                raise
        finally:
            self._circuit.trying = self._circuit.trying and not tries

    def _gives_up(self, chunk: Chunk) -> bool:
        """Whether it failed before its first word, which here is seen too."""
        if chunk.text:
            self._began = True
            self._circuit.works()
        elif (
            not self._began and isinstance(chunk.error, InferenceError) and not isinstance(chunk.error, InvalidRequest)
        ):
            self._fails(chunk.error)
        return self.error is not None

    def _fails(self, error: InferenceError) -> None:
        self.error = error
        self._circuit.failed(error, self._pause_s)

    def _recorded(self, chunk: Chunk) -> Chunk:
        """The chunk; that this one stood in for another is noted in whatever it says about who answers."""
        if not self._failed:
            return chunk
        if chunk.decision is not None:
            return replace(chunk, decision=self._marked(chunk.decision))
        if chunk.completion is not None:
            decision = self._marked(decision_of(chunk.completion))
            return replace(chunk, completion=with_decision(chunk.completion, chunk.completion.backend, decision))
        return chunk

    def _marked(self, decision: Decision) -> Decision:
        """Its own reason goes into the explanation."""
        told = {"instead_of": self._failed, "reason": decision.reason}
        by = decision.answered_by or self._name
        return replace(decision, answered_by=by, reason=FALLBACK, explanation={**decision.explanation, FALLBACK: told})


def _for_a_small_one(request: Request) -> Request:
    """Without what only a large model can follow: instructions, a schema, or to answer without the articles."""
    turns = tuple(turn for turn in request.messages if turn.role is not Role.SYSTEM)
    return replace(request, messages=turns or request.messages, articles=True, schema={})
