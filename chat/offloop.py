"""Database work away from the event loop.

Not on asgiref's shared thread: there, one slow query would hold up every socket. On SQLite the worker threads,
which are few, keep their connections, because opening one takes longer than most queries, and closing the last one
copies the whole write-ahead log back. PostgreSQL's come from a pool and go back to it after each piece of work: so
there are never more of them than the pool allows, and one that died with its server is not used again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import connections

P = ParamSpec("P")
T = TypeVar("T")


async def off_loop(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a self-contained function in a worker thread."""
    return await sync_to_async(_with_connection, thread_sensitive=False)(function, *args, **kwargs)


def _with_connection(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    _drop_unusable()
    try:
        return function(*args, **kwargs)
    finally:
        _drop_unusable()


def _drop_unusable() -> None:
    for connection in connections.all(initialized_only=True):
        if connection.vendor == "sqlite":
            connection.close_at = None
            connection.close_if_unusable_or_obsolete()
        elif not connection.in_atomic_block:
            connection.close()
