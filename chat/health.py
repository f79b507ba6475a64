"""Whether this process can work: the database, the channel layer, the model, and whether it is about to end.

Anybody may ask at any time, so a part is looked at once a second at most, and never by two at once: a part that
hangs costs every question its patience and one look, not a worker thread each.
"""

from __future__ import annotations

import asyncio
import time
import weakref
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from channels.layers import get_channel_layer
from django.db import connection

import inference
from chat import processes
from chat.offloop import off_loop
from inference import InferenceError

PATIENCE_S = 1.5
FRESH_S = 1.0
OK, UNAVAILABLE, NO_ANSWER = "ok", "unavailable", "no answer"

Look = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Health:
    """How each part is: "ok", "unavailable", or "no answer" in time; the model's state by its own words."""

    database: str
    layer: str
    model: str
    draining: bool

    @property
    def ready(self) -> bool:
        """Whether new visitors may be sent here. A model that still loads is no reason not to: the pages work."""
        return self.database == OK and self.layer == OK and not self.draining

    def as_json(self) -> dict[str, Any]:
        """For /healthz; nothing in it tells how the site is built."""
        parts = {"model": self.model, "database": self.database, "layer": self.layer, "draining": self.draining}
        return {"alive": True, "ready": self.ready, **parts}


async def examine() -> Health:
    """Look at all parts at once; never longer than PATIENCE_S."""
    looks = _looks.setdefault(asyncio.get_running_loop(), _Looks())
    database, layer = await asyncio.gather(looks.at("database", _ask_database), looks.at("layer", _ask_layer))
    return Health(database, layer, _model_state(), processes.draining())


@dataclass(slots=True, weakref_slot=True)
class _Looks:
    """The newest look at each part, of one event loop."""

    _tasks: dict[str, asyncio.Task[str]] = field(default_factory=dict)
    _begun: dict[str, float] = field(default_factory=dict)

    async def at(self, name: str, look: Look) -> str:
        task = self._tasks.get(name)
        now = time.monotonic()
        if task is None or (task.done() and now - self._begun[name] >= FRESH_S):
            task = self._tasks[name] = asyncio.create_task(_result(look), name=f"look at the {name}")
            self._begun[name] = now
        done, _pending = await asyncio.wait([task], timeout=PATIENCE_S)
        return task.result() if done else NO_ANSWER


_looks: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Looks] = weakref.WeakKeyDictionary()


async def _result(look: Look) -> str:
    try:
        await look()
    except Exception:  # whatever it is: this part cannot be used, and why stands in the log of those who tried
        return UNAVAILABLE
    return OK


async def _ask_database() -> None:
    await off_loop(_select_one)


def _select_one() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


async def _ask_layer() -> None:
    """A layer with connections (Redis) is asked over one of them; the in-memory one is this process itself."""
    connect = getattr(get_channel_layer(), "connection", None)
    if connect is not None:
        await connect(0).ping()


def _model_state() -> str:
    try:
        return str(inference.get_backend().status().state)
    except InferenceError:
        return "failed"
