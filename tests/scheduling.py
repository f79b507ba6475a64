"""How the suite is divided between two processes (pytest-xdist).

A process gets one file after another, so that what a file's tests share is made once. Files keep the order that
pytest has given them: first the tests that roll the database back, then those that empty it (and with it what the
migrations have stored), the browser's last. Only so does each process meet the three kinds in that order, too.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

import pytest
from xdist.scheduler import LoadScopeScheduling

PROCESSES = 2
# Browser tests end the run: the longest files first, so that both processes finish at about the same time.
LONGEST = (
    "test_axe",
    "test_processes",
    "test_explain",
    "test_review_queue",
    "test_conversation",
    "test_admin",
    "test_comparing",
    "test_pages",
    "test_connection",
    "test_keys",
)


def processes(arguments: Iterable[str]) -> int:
    """None besides pytest itself where single files are asked for: to start others would take longer than they save."""
    chosen = os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS")
    if chosen:
        return int(chosen)
    return 0 if any(".py" in argument for argument in arguments) else PROCESSES


def place(item: pytest.Item) -> int:
    """Where a test stands in the run: the browser's come last, short files after long ones.

    Playwright keeps an event loop running in its thread, beside which no other can run.
    """
    if "browser" not in item.path.parts:
        return -1
    return LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST)


def portions(nodeids: Iterable[str]) -> dict[str, str]:
    """The portion of work that each test belongs to: the tests of one file that follow each other."""
    found: dict[str, str] = {}
    number, last = 0, ""
    for nodeid in nodeids:
        file = nodeid.partition("::")[0]
        number += file != last
        found[nodeid], last = f"{number} {file}", file
    return found


class FilesInOrder(LoadScopeScheduling):
    """The next portion to whoever is nearly done."""

    _portions: dict[str, str] | None = None

    def _split_scope(self, nodeid: str) -> str:
        if self._portions is None:
            self._portions = portions(self.collection or ())
        return self._portions[nodeid]
