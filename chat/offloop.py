"""Database work away from the event loop.

Not on asgiref's shared thread: there, one slow query would hold up every socket.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async

P = ParamSpec("P")
T = TypeVar("T")


async def off_loop(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a self-contained function in a worker thread, with its database connection closed afterwards."""
    return await database_sync_to_async(function, thread_sensitive=False)(*args, **kwargs)
