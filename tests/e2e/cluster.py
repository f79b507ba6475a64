"""Several processes of one installation, on a real PostgreSQL and a real Redis."""

from __future__ import annotations

import contextlib
import copy
import os
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.e2e.serving import PATIENCE_S, Site
from tests.e2e.visiting import Visitor
from tests.servers import Postgres, Redis, running_postgres, running_redis

SECRET = "a-key-of-the-tests-that-all-processes-share-0123456789-abcdefgh"


class Member(Site):
    """One of the processes."""

    def launch(self) -> None:
        """Start without waiting."""
        self.process = self.manage("serve", "--port", str(self.port))

    def start(self) -> Member:
        """Start, and come back when it is ready."""
        self.launch()
        return self.wait()

    def wait(self) -> Member:
        """Come back when it is ready."""
        until(self._is_up)
        return self

    def signal(self, number: signal.Signals) -> None:
        """Send a signal and do not wait."""
        assert self.process is not None
        os.killpg(self.process.pid, number)

    def ended(self) -> int:
        """Wait for the end of a process that got its signal; the exit status."""
        assert self.process is not None
        process, self.process = self.process, None
        return process.wait(PATIENCE_S)

    def _is_up(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        try:
            with urllib.request.urlopen(f"{self.url}/healthz?ready=1", timeout=10):
                return True
        except OSError:
            return False


class Cluster:
    """The servers and the processes; `here` is where tests begin, `there` is the other one."""

    def __init__(self, folder: Path, postgres: Postgres, redis: Redis, **environment: str) -> None:
        self.postgres, self.redis = postgres, redis
        shared = {
            "DATABASE_URL": postgres.url,
            "REDIS_URL": redis.url,
            "DUOLOGUE_PROCESSES": "2",
            "DJANGO_SECRET_KEY": SECRET,
            "E2E_BEAT_S": "0.2",
            **environment,
        }
        self.here, self.there = (self._member(folder / name, shared) for name in ("here", "there"))

    def start(self) -> Cluster:
        """Start both at once on the empty database."""
        for member in self.members:
            member.launch()
        for member in self.members:
            member.wait()
        return self

    @property
    def members(self) -> tuple[Member, Member]:
        """Both processes."""
        return self.here, self.there

    def visitors(self) -> tuple[Visitor, Visitor]:
        """The same visitor at both processes."""
        here = Visitor(self.here.url)
        there = copy.copy(here)
        there.url = self.there.url
        return here, there

    def status(self, reply: str) -> str:
        """How a reply stands in the database."""
        return str(self.row("status", reply))

    def row(self, column: str, reply: str) -> Any:
        """A column of a reply."""
        query = f"SELECT m.{column} FROM chat_message m WHERE m.public_id = %s"
        return self.postgres.execute(query, reply)[0][0]

    def writer(self, reply: str) -> Member:
        """The process that writes a running reply."""
        query = "SELECT p.name FROM chat_message m JOIN chat_process p ON p.id = m.process_id WHERE m.public_id = %s"
        pid = int(str(self.postgres.execute(query, reply)[0][0]).rpartition(":")[2])
        return next(member for member in self.members if member.process and member.process.pid == pid)

    def _member(self, folder: Path, environment: dict[str, str]) -> Member:
        folder.mkdir()
        return Member(folder, **environment)


def until(holds: Callable[[], object]) -> None:
    """Wait for a state."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)


@contextlib.contextmanager
def running_cluster(folder: Path, **environment: str) -> Iterator[Cluster]:
    """Started, and gone in the end."""
    with running_postgres() as postgres, running_redis() as redis, contextlib.ExitStack() as stack:
        cluster = Cluster(folder, postgres, redis, **environment)
        for member in cluster.members:
            stack.enter_context(member)
        yield cluster.start()
