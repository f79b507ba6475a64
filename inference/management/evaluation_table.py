"""What `evaluate` shows in the terminal: how far it is, and a table that fits into 80 columns."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import IO, Any, cast

from django.utils.translation import gettext as _
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from inference.management.evaluation_words import engine_name, interval, milliseconds, notes, percent, verdicts
from inference.management.terminal import Plain

PAINT_S = 0.2
STEPS = 10  # lines per engine where nobody looks on
ACROSS = 3  # engines that fit beside each other into 80 columns

Row = tuple[str, list[str]]


class Display:
    """A bar per engine on a terminal; elsewhere a line now and then. `news` is what a run calls."""

    def __init__(self, out: Any, total: int) -> None:
        self._console = Console(file=cast(IO[str], Plain(out)))
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=self._console, auto_refresh=False)
        self._tasks: dict[str, Any] = {}
        self._total = total
        self._painted = 0.0

    def __enter__(self) -> Display:
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def news(self, name: str, done: int) -> None:
        """So many questions are answered."""
        if self._console.is_terminal:
            self._paint(name, done)
        elif done == self._total or done % max(1, self._total // STEPS) == 0:
            values = {"engine": engine_name(name), "done": done, "total": self._total}
            self._console.print(_("%(engine)s: %(done)d of %(total)d") % values, highlight=False)

    def _paint(self, name: str, done: int) -> None:
        """Not at every answer: what painting costs is counted as the engine's."""
        if name not in self._tasks:
            self._tasks[name] = self._bar.add_task(engine_name(name), total=self._total)
        if done == self._total or time.monotonic() - self._painted > PAINT_S:
            self._bar.update(self._tasks[name], completed=done)
            self._bar.refresh()
            self._painted = time.monotonic()


def show(out: Any, summary: dict[str, Any]) -> None:
    """Print the notes, the table and the verdicts."""
    console = Console(file=cast(IO[str], Plain(out)))
    for note in notes(summary):
        console.print(note, style="yellow", highlight=False)
    names = list(summary["engines"])
    for start in range(0, len(names), ACROSS):
        console.print(_table(summary, names[start : start + ACROSS]))
    for sentence in verdicts(summary):
        console.print(sentence, highlight=False)


def _table(summary: dict[str, Any], names: list[str]) -> Table:
    title = _("%(n)d questions, %(streams)d at a time") % {"n": summary["questions"], **summary}
    table = Table(title=title, box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("")
    for name in names:
        table.add_column(engine_name(name), justify="right")
    for label, values in _rows([summary["engines"][name] for name in names]):
        table.add_row(label, *values)
    return table


def _rows(engines: list[dict[str, Any]]) -> Iterator[Row]:
    def each(value: Any) -> list[str]:
        return [value(engine) for engine in engines]

    yield _("right"), each(lambda e: _share(e["shares"]["right"]))
    yield _("wrong"), each(lambda e: _share(e["shares"]["wrong"]))
    yield _("abstained"), each(lambda e: _share(e["shares"]["abstained"]))
    if any(engine["failed"] for engine in engines):
        yield _("failed"), each(lambda e: _share(e["shares"]["failed"]))
    yield _("wrong of answered"), each(lambda e: _share(e["wrong_of_answered"]))
    yield _("right, inside"), each(lambda e: _accuracy(e["in_scope"]))
    yield _("refused, inside"), each(lambda e: _share(e["refused_in_scope"]))
    yield _("refused, outside"), each(lambda e: _share(e["refused_out_of_scope"]))
    languages = sorted({language for engine in engines for language in engine["languages"]})
    for language in languages if len(languages) > 1 else []:
        yield _("right, %(language)s") % {"language": language}, each(lambda e: _spoken(e, language))  # noqa: B023
    yield _("text in good form"), each(lambda e: percent(e["form"]["good"]["share"]))
    yield _("ms, p50 p95 p99"), each(lambda e: _times(e["latency_ms"]))
    yield _("ms to first word"), each(lambda e: _times(e["first_token_ms"]))
    yield _("CPU-ms an answer"), each(lambda e: milliseconds(e["cpu_ms_per_answer"]))


def _share(share: dict[str, Any]) -> str:
    return f"{percent(share['share'])} [{interval(share['ci95'])}]" if share["n"] else "–"


def _accuracy(group: dict[str, Any]) -> str:
    return _share({"n": group["n"], "share": group["accuracy"], "ci95": group["accuracy_ci95"]})


def _spoken(engine: dict[str, Any], language: str) -> str:
    found = engine["languages"].get(language)
    return _accuracy(found["in_scope"]) if found else "–"


def _times(latency: dict[str, float | None]) -> str:
    return "  ".join(milliseconds(value) for value in latency.values())
