"""Real PostgreSQL and Redis servers from Debian's packages, each in a temporary folder on a free port.

Fast rather than safe against a power cut (nothing is synced to the disk), but what is stored outlives a stop and a
kill, as in earnest. A missing package fails a test: CI installs them.

    with running_postgres() as postgres, running_redis() as redis:
        ... postgres.url, redis.url, redis.restart() ...
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import redis as redis_client

PATIENCE_S = 60
POLL_S = 0.02
DATABASE = "duologue"
# Commits stay synchronous: without that, a killed server would lose the last ones, and tests kill it.
_FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "listen_addresses": "127.0.0.1",
    "autovacuum_naptime": "10min",
}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Postgres:
    """A cluster of its own with an empty database; `url` is what DATABASE_URL takes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = self.url_of(DATABASE)
        self._bin = _postgres_bin()
        self._user = _unprivileged_user()
        _give(folder, self._user)
        self._run("initdb", "--auth=trust", "--username=duologue", "--encoding=UTF8", "--no-locale", "--no-sync")

    def url_of(self, database: str) -> str:
        """The address of another database of this cluster."""
        return f"postgres://duologue@127.0.0.1:{self.port}/{database}"

    def start(self) -> Postgres:
        """Start, and come back when it takes connections."""
        options = " ".join(f"-c {name}={value}" for name, value in _FAST.items())
        options += f" -c port={self.port} -c unix_socket_directories={self.folder}"
        self._control("start", "-w", "-t", str(PATIENCE_S), "-l", str(self.folder / "log"), "-o", options)
        with contextlib.suppress(psycopg.errors.DuplicateDatabase):
            self.execute(f"CREATE DATABASE {DATABASE}", database="postgres")
        return self

    def stop(self, mode: str = "immediate") -> None:
        """Stop: `immediate` as a crash would, `fast` in good order."""
        self._control("stop", "-w", "-m", mode)

    def restart(self) -> None:
        """A crash and a start."""
        self.stop()
        self.start()

    def execute(self, query: str, *values: object, database: str = DATABASE) -> list[tuple[object, ...]]:
        """Run a statement of a test's own, from outside the site; its rows."""
        with psycopg.connect(self.url_of(database), autocommit=True) as connection:
            cursor = connection.execute(query.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        as_user = ["setpriv", f"--reuid={self._user}", f"--regid={self._user}", "--clear-groups"] if self._user else []
        command = [*as_user, str(self._bin / program), "-D", str(self.folder / "data"), *arguments]
        # Into a file: the server inherits the output, and a pipe would never end.
        with (self.folder / "output").open("a+") as output:
            done = subprocess.run(command, stdout=output, stderr=output, cwd=self.folder, timeout=2 * PATIENCE_S)
        assert done.returncode == 0, (self.folder / "output").read_text() + _read(self.folder / "log")


class Redis:
    """A Redis that forgets everything when it ends, as ours may; `url` is what REDIS_URL takes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._program = shutil.which("redis-server")
        assert self._program, "redis-server is missing: apt-get install redis-server"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Redis:
        """Start, and come back when it answers."""
        assert self._program is not None
        options = {"port": self.port, "bind": "127.0.0.1", "dir": self.folder, "logfile": self.folder / "log"}
        flags = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        self._process = subprocess.Popen([self._program, *flags, "--save", "", "--appendonly", "no"])
        begun = time.monotonic()
        while not self._answers():
            assert self._process.poll() is None, _read(self.folder / "log")
            assert time.monotonic() - begun < PATIENCE_S, _read(self.folder / "log")
            time.sleep(POLL_S)
        return self

    def stop(self) -> None:
        """Kill it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(PATIENCE_S)
            self._process = None

    def restart(self) -> None:
        """Kill it and start an empty one on the same port."""
        self.stop()
        self.start()

    def _answers(self) -> bool:
        try:
            with redis_client.Redis(port=self.port) as client:
                return bool(client.ping())
        except (redis_client.RedisError, OSError):
            return False


@contextlib.contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A started PostgreSQL, gone in the end."""
    with _folder() as folder:
        server = Postgres(folder).start()
        try:
            yield server
        finally:
            with contextlib.suppress(AssertionError):  # a test may have stopped it
                server.stop()


@contextlib.contextmanager
def running_redis() -> Iterator[Redis]:
    """A started Redis, gone in the end."""
    with _folder() as folder:
        server = Redis(folder).start()
        try:
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """Not pytest's tmp_path: the user that PostgreSQL runs as may not enter its parents."""
    folder = Path(tempfile.mkdtemp(prefix="duologue-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _postgres_bin() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    assert found, "PostgreSQL is missing: apt-get install postgresql"
    return found[-1]


def _unprivileged_user() -> str:
    """PostgreSQL refuses root."""
    return "postgres" if os.geteuid() == 0 else ""


def _give(folder: Path, user: str) -> None:
    if user:
        account = pwd.getpwnam(user)
        os.chown(folder, account.pw_uid, account.pw_gid)


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""
