"""The seam between the chat and whatever answers: one protocol, found by name in a registry."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Protocol, runtime_checkable

from inference.types import Chunk, Request, Status


@runtime_checkable
class Backend(Protocol):
    """Something that answers a Request with a stream of Chunks.

    An implementation is built from its options in the INFERENCE setting and must be cheap to
    build: nothing is loaded before `start`.
    """

    name: str

    def start(self) -> None:
        """Begin loading in the background; harmless when called again."""

    def status(self) -> Status:
        """What the backend can do now, without blocking."""

    def stream(self, request: Request) -> AsyncIterator[Chunk]:
        """Yield the answer; closing the iterator cancels the generation.

        Raises InvalidRequest, Overloaded or BackendUnavailable before the first word; one that asks another
        server also StreamBroken or UpstreamTimeout. A failure after that is a chunk with finish_reason ERROR,
        never an exception.
        """

    def describe(self) -> dict[str, Any]:
        """Facts for the operator: device, checkpoint, hash, library versions."""

    def close(self) -> None:
        """Stop; running requests end with an error chunk."""
