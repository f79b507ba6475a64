"""Load for long: what the web side uses must not grow.

pytest -m campaign tests/e2e/test_soak.py          (6 rounds, about 12 minutes)
SOAK_ROUNDS=240 pytest -m campaign tests/e2e/test_soak.py          (about 8 hours)
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import psutil
import pytest

from chat.load import web
from chat.load.servers import Server, serving

ROUNDS = int(os.environ.get("SOAK_ROUNDS", "6"))
LOAD = web.Load(streams=200, idle=300, seconds=90)
SETTLED = 2  # the first rounds fill caches and memory pools
GROWTH = 1.05


@dataclass(frozen=True)
class Used:
    """What a server holds between two rounds, when no socket is open."""

    memory_mb: float
    files: int
    threads: int


def used(server: Server) -> Used:
    process = psutil.Process(server.pid)
    return Used(server.memory_mb(), process.num_fds(), process.num_threads())


@pytest.mark.campaign
def test_round_after_round_nothing_grows_and_nothing_fails() -> None:
    rows: list[Used] = []
    with serving(web.WEB_SETTINGS) as server:
        for number in range(ROUNDS):
            found = web.follow(web.plan([server], LOAD), [server], lambda _what: None)
            assert found["failures"] == {}
            rows.append(used(server))
            print(f"round {number + 1}: {rows[-1]}, p95 {found['late_ms_p95']} ms")
        assert server.complaints() == []
    first, last = rows[min(SETTLED, ROUNDS) - 1], rows[-1]
    assert last.memory_mb <= first.memory_mb * GROWTH
    assert last.threads <= first.threads
    assert last.files <= first.files + 10
