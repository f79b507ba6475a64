"""`manage.py serve` as its own process group on its own database, started and killed as often as wanted."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.databases import empty_database

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 120


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Site:
    """One installation: a data folder, a database, a port; and the process that serves it, if it runs."""

    def __init__(self, folder: Path, settings: str = "tests.e2e.settings", **environment: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = empty_database(folder)
        self.log = folder / "log"
        self.first_page_s = 0.0
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "DUOLOGUE_"))},
            "DJANGO_SETTINGS_MODULE": settings,
            "DUOLOGUE_DATA_DIR": str(folder),
            "DATABASE_URL": self.database.url,
            "DUOLOGUE_RATE_VISITOR": "10000",
            "DUOLOGUE_RATE_CONVERSATION": "10000",
            "DUOLOGUE_RATE_ADDRESS": "10000",
            "PYTHONUNBUFFERED": "1",
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Site:
        """Start, and come back when the first page has answered."""
        begun = time.monotonic()
        self.process = self.manage("serve", "--port", str(self.port))
        while not self._answers():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() - begun < PATIENCE_S, self.log.read_text()
            time.sleep(0.05)
        self.first_page_s = time.monotonic() - begun
        return self

    def manage(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A management command of this installation; what it prints goes to the log."""
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "manage.py", *arguments],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def end(self, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to the process group and wait for its end; the exit status."""
        assert self.process is not None
        process, self.process = self.process, None
        os.killpg(process.pid, number)
        return process.wait(PATIENCE_S)

    def write(self, statement: str, *values: Any) -> None:
        """Change what the database holds, from outside."""
        self.database.write(statement, *values)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the database holds, read from outside."""
        return self.database.rows(query, *values)

    def __enter__(self) -> Site:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.end()
        self.database.drop()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/", timeout=10):
                return True
        except urllib.error.HTTPError:
            raise
        except OSError:
            return False
