"""The suite on a PostgreSQL of its own: python -m pytest -p tests.on_postgresql

Without this, the suite runs on the database that DATABASE_URL names, else on SQLite. Each process of pytest-xdist has
a test database of its own on the server, and so has each site that a test serves (tests/databases.py).
"""

from __future__ import annotations

import atexit
import contextlib
import os

from tests.servers import running_postgres

_running = contextlib.ExitStack()
atexit.register(_running.close)  # a run that ends before it begins has no other end


def pytest_addoption() -> None:
    """Start the server: of all hooks, only this one is called before pytest-django reads the settings."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        os.environ["DATABASE_URL"] = _running.enter_context(running_postgres()).url
