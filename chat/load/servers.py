"""Server processes of our own, and what they use of the machine."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from django.conf import settings

START_S = 90
MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Server:
    """A running `manage.py serve`."""

    origin: str
    pid: int
    log: Path

    def cpu_s(self) -> float:
        """Processor seconds that it has used so far, its threads' included."""
        import psutil

        times = psutil.Process(self.pid).cpu_times()
        return times.user + times.system

    def memory_mb(self) -> float:
        """Its resident memory."""
        import psutil

        return psutil.Process(self.pid).memory_info().rss / MB

    def complaints(self) -> list[str]:
        """What it logged as a warning, an error or a traceback."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [line for line in lines if any(word in line for word in (" ERROR ", " WARNING ", "Traceback", "Error:"))]


@contextmanager
def serving(settings_module: str, alone: bool = True, **variables: str) -> Iterator[Server]:
    """A server on a free port: alone on an empty SQLite file, or on the database and the Redis of the environment."""
    with tempfile.TemporaryDirectory() as folder:
        own = {"DATABASE_URL": f"sqlite:///{folder}/benchmark.sqlite3", "REDIS_URL": "", "DUOLOGUE_PROCESSES": "1"}
        given = {**own, **variables} if alone else variables
        log = Path(folder) / "log"
        port = _free_port()
        with log.open("w") as written:
            process = subprocess.Popen(  # noqa: S603 - our own command
                _command(port, settings_module, given), cwd=settings.BASE_DIR, stdout=written, stderr=written
            )
        try:
            origin = f"http://127.0.0.1:{port}"
            _wait_for(origin, process, log)
            yield Server(origin, process.pid, log)
        finally:
            process.kill()
            process.wait()


def _command(port: int, settings_module: str, variables: Mapping[str, str]) -> list[str]:
    serve = [sys.executable, "manage.py", "serve", "--port", str(port), "--settings", settings_module]
    return ["/usr/bin/env", *(f"{name}={value}" for name, value in variables.items()), *serve]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(origin: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with urlopen(f"{origin}/", timeout=10):  # noqa: S310 - our own server
                return
        except OSError:
            time.sleep(0.1)
    tail = log.read_text(encoding="utf-8")[-1000:]
    raise RuntimeError(f"The benchmark's own server did not start.\n{tail}")
