"""What an operator asks about other servers: do they answer, take our key, have the model, and how soon?"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, replace

from inference import registry
from inference.backends.cited import CitedBackend
from inference.backends.openai_compatible import OpenAICompatibleBackend
from inference.errors import InferenceError
from inference.types import ChatMessage, Request, Role, Sampling

REQUEST = Request((ChatMessage(Role.USER, "Hello"),), Sampling(max_new_tokens=16))


@dataclass(frozen=True, slots=True)
class Look:
    """`listed`: whether the server's list of models has ours, None when it keeps none. Times are milliseconds."""

    listed: bool | None = None
    first_ms: float | None = None
    total_ms: float | None = None
    error: InferenceError | None = None


def upstreams() -> dict[str, OpenAICompatibleBackend]:
    """The other servers among the configured backends, by name."""
    found = {}
    for name in registry.backend_names():
        backend = registry.get_backend(name)
        raw = backend.model if isinstance(backend, CitedBackend) else backend
        if isinstance(raw, OpenAICompatibleBackend):
            found[name] = raw
    return found


async def look(backend: OpenAICompatibleBackend) -> Look:
    """Ask for the list of models, then for a few words; whatever fails first is the error."""
    seen = Look()
    try:
        models = await backend.models()
        seen = replace(seen, listed=None if models is None else backend.describe()["model"] in models)
        return await _words(backend, seen)
    except InferenceError as error:
        return replace(seen, error=error)
    finally:
        await backend.aclose()


async def _words(backend: OpenAICompatibleBackend, seen: Look) -> Look:
    began = time.monotonic()
    async with contextlib.aclosing(backend.stream(REQUEST)) as chunks:  # type: ignore[type-var]
        async for chunk in chunks:
            if chunk.text and seen.first_ms is None:
                seen = replace(seen, first_ms=1000 * (time.monotonic() - began))
            if isinstance(chunk.error, InferenceError):
                raise chunk.error
    return replace(seen, total_ms=1000 * (time.monotonic() - began))
