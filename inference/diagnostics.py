"""What an operator asks when answers do not come: libraries, devices, and one real answer."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from inference import registry
from inference.backends.base import Backend
from inference.types import BackendState, ChatMessage, Request, Role, Sampling, Status

POLL_S = 0.1
QUESTION = "How do I activate my card?"
PROBE_TOKENS = 16


@dataclass(frozen=True, slots=True)
class Probe:
    """One short answer: its time to the first word and in all, in milliseconds."""

    text: str
    first_ms: float | None
    total_ms: float
    error: Exception | None = None


def libraries() -> dict[str, Any]:
    """Versions, processors and devices, by importing what answers need. Raises ImportError when it cannot be."""
    import torch
    import transformers

    return {
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "threads": torch.get_num_threads(),
        "cuda": torch.cuda.get_device_name() if torch.cuda.is_available() else "",
        "mps": torch.backends.mps.is_available(),
    }


def start_and_wait(backend: Backend, timeout_s: float, show: Callable[[Status], None]) -> Status:
    """Start a backend and wait until it is ready, has failed, or the time is over; the last status."""
    deadline = time.monotonic() + timeout_s
    backend.start()
    while (status := backend.status()).state is BackendState.STARTING and time.monotonic() < deadline:
        show(status)
        time.sleep(POLL_S)
    return status


async def ask(backend: str = "default") -> Probe:
    """Ask one short question."""
    request = Request((ChatMessage(Role.USER, QUESTION),), Sampling(max_new_tokens=PROBE_TOKENS), backend=backend)
    began = time.monotonic()
    first: float | None = None
    pieces: list[str] = []
    error: Exception | None = None
    async with contextlib.aclosing(registry.stream(request)) as chunks:  # type: ignore[type-var]
        async for chunk in chunks:
            if chunk.text and first is None:
                first = (time.monotonic() - began) * 1000
            pieces.append(chunk.text)
            error = chunk.error or error
    return Probe("".join(pieces), first, (time.monotonic() - began) * 1000, error)
