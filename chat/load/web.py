"""How many conversations the web side carries: real server processes, and sockets from a process of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import IO, Any, cast

from django.conf import settings
from django.utils.translation import gettext as _

from chat.load.servers import Server, serving
from chat.load.visitors import Visitor

WEB_SETTINGS = "chatsite.benchmark_web_settings"
WORDS_PER_S = 10
TABS_OF_AN_IDLE_VISITOR = 20
BEGINNING_S = 0.03
MAX_COMPLAINTS = 5
PATIENCE_S = 300
Figures = dict[str, Any]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Load:
    """What each server process gets."""

    streams: int = 300
    idle: int = 1000
    processes: int = 1
    seconds: int = 30


def missing_for(processes: int) -> str:
    """Why so many processes cannot be started here; empty if they can."""
    if processes > 1 and (settings.DATABASES["default"]["ENGINE"].endswith("sqlite3") or not settings.REDIS_URL):
        return _("Several processes need an empty PostgreSQL database in DATABASE_URL and a Redis in REDIS_URL.")
    return ""


def measure(load: Load, say: Say) -> Figures:
    """Start the servers, load them, and come back with the figures of all of them together."""
    with ExitStack() as stack:
        servers, secret = [], token_urlsafe(50)
        for number in range(load.processes):
            say(_("starting server process %(number)d") % {"number": number + 1})
            servers.append(stack.enter_context(_server(load.processes, secret)))
        say(_("making visitors"))
        found = follow(plan(servers, load), servers, say)
        found["complaints"] = [line for server in servers for line in server.complaints()[:MAX_COMPLAINTS]]
    return {"processes": load.processes, **found}


def _server(processes: int, secret: str) -> AbstractContextManager[Server]:
    if processes == 1:
        return serving(WEB_SETTINGS)
    return serving(WEB_SETTINGS, alone=False, DUOLOGUE_PROCESSES=str(processes), DJANGO_SECRET_KEY=secret)


def plan(servers: list[Server], load: Load) -> dict[str, Any]:
    """Visitors and their tabs for the client process."""
    streams = [Visitor(server.origin).tab() for server in servers for _number in range(load.streams)]
    idle = [tab for server in servers for tab in _idle_tabs(server.origin, load.idle)]
    # Every answer begins with some work of its own, and what counts begins with the last of them.
    lasts_s = load.seconds + len(streams) * BEGINNING_S
    return {
        "streams": streams,
        "idle": idle,
        "question": f"{WORDS_PER_S} {{end}}",
        "lasts_s": lasts_s,
        "patience_s": PATIENCE_S + lasts_s,
        "whole": False,
    }


def _idle_tabs(origin: str, count: int) -> Iterator[dict[str, str]]:
    for begin in range(0, count, TABS_OF_AN_IDLE_VISITOR):
        tab = Visitor(origin).tab()
        yield from [tab] * min(TABS_OF_AN_IDLE_VISITOR, count - begin)


def follow(plan: dict[str, Any], servers: list[Server], say: Say) -> Figures:
    """Run the client process through a plan and look at the servers at each of its steps."""
    watch = _Watch(servers)
    command = [sys.executable, "-m", "chat.load.client"]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=settings.BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as client:
        to_client, from_client = cast(IO[str], client.stdin), cast(IO[str], client.stdout)
        try:
            _write(to_client, json.dumps(plan))
            for line in from_client:
                news = json.loads(line)
                watch.look(news)
                if news["at"] == "end":
                    del news["at"]
                    return {**news, **watch.figures(len(plan["idle"]))}
                say(_SAID[news["at"]]())
                _write(to_client, "go")
        finally:
            client.kill()
    raise RuntimeError("The benchmark's client process ended early.")


_SAID: dict[str, Callable[[], str]] = {
    "begin": lambda: _("opening idle sockets"),
    "idle": lambda: _("opening the sockets of conversations"),
    "open": lambda: _("all ask"),
    "steady": lambda: _("all stream"),
    "over": lambda: _("waiting for the last words"),
}


class _Watch:
    """The servers' processor time and memory at the client's steps."""

    def __init__(self, servers: list[Server]) -> None:
        self._servers = servers
        self._memory: dict[str, float] = {}
        self._cpu: dict[str, float] = {}
        self._opening_s = 0.0

    def look(self, news: dict[str, Any]) -> None:
        at = news["at"]
        self._memory[at] = sum(server.memory_mb() for server in self._servers)
        self._cpu[at] = sum(server.cpu_s() for server in self._servers)
        self._opening_s = news.get("seconds", 0.0) if at == "open" else self._opening_s

    def figures(self, idle: int) -> Figures:
        cpu = self._cpu["over"] - self._cpu["steady"]
        grown = self._memory["idle"] - self._memory["begin"]
        return {
            "opening_s": self._opening_s,
            "server_cpu_s": round(cpu, 2),
            "kb_per_idle_socket": round(1000 * grown / idle) if idle else 0,
            "server_mb": round(max(self._memory.values())),
        }


def _write(pipe: IO[str], line: str) -> None:
    pipe.write(line + "\n")
    pipe.flush()
