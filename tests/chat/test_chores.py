"""chat/chores.py: once a minute, by one process; a failing chore is nobody's end."""

from __future__ import annotations

import pytest

from chat import chores, heart


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done, instead of the real chores."""
    monkeypatch.setattr(chores, "_chores", {})
    return []


async def test_each_is_done_once_in_its_minute_and_a_failing_one_stops_no_other(done: list[str]):
    def fail() -> None:
        raise RuntimeError("secret")

    chores.every_minute("fails", fail)
    chores.every_minute("works", lambda: done.append("works"))
    await chores.do_all()
    await chores.do_all()
    assert done == ["works"]


async def test_they_begin_and_end_with_the_heart(done: list[str], monkeypatch: pytest.MonkeyPatch):
    async def beat() -> None:
        """Nothing."""

    monkeypatch.setattr(heart, "beat", beat)
    heart.start()
    task = next(iter(chores._running.values()))
    heart.start()
    assert (len(chores._running), task.done()) == (1, False)
    await heart.stop()
    assert task.cancelled()
