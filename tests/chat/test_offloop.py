"""chat/offloop.py: worker threads keep a good connection and drop a bad one."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections
from django.db.utils import OperationalError
from django.utils.translation import get_language, override

from chat.offloop import off_loop

pytestmark = pytest.mark.django_db(transaction=True)


def _raw() -> tuple[int, int]:
    """This thread, and the connection that it works with."""
    connection.ensure_connection()
    return threading.get_ident(), id(connection.connection)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="others give them back to their pool")
async def test_a_thread_keeps_its_connection():
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(max_workers=1))
    assert (await off_loop(_raw)) == (await off_loop(_raw))


async def test_a_pool_gets_its_connection_back_after_each_piece_of_work(monkeypatch: pytest.MonkeyPatch):
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(max_workers=1))
    await off_loop(_raw)
    monkeypatch.setattr(type(connections["default"]), "vendor", "postgresql")
    await off_loop(_raw)
    monkeypatch.undo()
    assert await off_loop(lambda: connection.connection) is None


async def test_a_connection_that_failed_is_not_used_again():
    def fail() -> None:
        connection.ensure_connection()
        connection.close()
        connection.errors_occurred = True
        raise OperationalError

    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(max_workers=1))
    with pytest.raises(OperationalError):
        await off_loop(fail)
    assert await off_loop(lambda: connection.connection) is None


async def test_it_is_not_the_event_loops_thread_and_one_does_not_wait_for_another():
    together = threading.Barrier(2, timeout=10)
    await asyncio.gather(off_loop(together.wait), off_loop(together.wait))
    assert (await off_loop(_raw))[0] != threading.get_ident()


async def test_the_language_goes_along():
    with override("zh-hans"):
        assert await off_loop(get_language) == "zh-hans"
