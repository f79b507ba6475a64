"""`manage.py benchmark`: the engine beside its alternatives, the way of a word to the browser, and retrieval.

With `--web` instead: how many conversations and idle sockets server processes carry, without a model.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from rich.console import Console
from rich.table import Table

from chat import delivery
from chat.enums import Language
from chat.knowledge.sample_data import load_articles
from chat.load import web

HELD_BACK = 6  # of each article's Chinese questions, the last ones, which training never sees
PARTS = ("engine", "delivery", "retrieval")
COLUMNS = ("model", "device", "method", "streams", "tokens_per_s", "ttft_ms_p50", "ttft_ms_p95")


class Command(BaseCommand):
    """Measures in one run and prints tables; `--json` writes them too."""

    help = "Measure the engine, its alternatives, the way of a word to the browser, and retrieval."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", type=Path, metavar="PATH", help="write the figures to this file")
        parser.add_argument("--streams", type=int, nargs="+", help="default: 1 4 16; with --web: 300 for each process")
        parser.add_argument("--validation", type=Path, metavar="JSONL", help="questions for the agreement of int8")
        parser.add_argument("--only", choices=PARTS, help="leave the other parts out")
        parser.add_argument("--visitors", type=int, default=50, help="sockets at once for the way to the browser")
        parser.add_argument("--articles", type=int, default=10_000, help="articles that retrieval searches")
        parser.add_argument(
            "--web", action="store_true", help="measure the load that server processes carry, and that alone"
        )
        parser.add_argument("--idle", type=int, default=1000, help="with --web: idle sockets for each process")
        parser.add_argument("--processes", type=int, choices=(1, 2), default=1, help="with --web: server processes")
        parser.add_argument("--seconds", type=int, default=30, help="with --web: how long each answer lasts")

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console()
        report = self._web(console, options) if options["web"] else self._parts(console, options)
        if options["json"]:
            options["json"].write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")

    def _parts(self, console: Console, options: dict[str, Any]) -> dict[str, Any]:
        report: dict[str, Any] = {"rows": []}
        parts = [options["only"]] if options["only"] else PARTS
        if "engine" in parts:
            report = self._engine(console, tuple(options["streams"] or (1, 4, 16)))
            report["int8_agreement"] = self._agreement(console, _questions(options["validation"]))
        if "delivery" in parts and find_spec("psutil") is None:
            console.print(_("The way to the browser is left out: it needs the package psutil (extra: test)."))
        elif "delivery" in parts:
            report["delivery"] = self._delivery(console, options["visitors"])
        if "retrieval" in parts:
            report["retrieval"] = self._retrieval(console, options["articles"])
        return report

    def _web(self, console: Console, options: dict[str, Any]) -> dict[str, Any]:
        if find_spec("psutil") is None:
            raise CommandError(_("This needs the package psutil (extra: test)."))
        if missing := web.missing_for(options["processes"]):
            raise CommandError(missing)
        streams = (options["streams"] or [300])[0]
        load = web.Load(streams, options["idle"], options["processes"], options["seconds"])
        with console.status(_("Measuring")) as status:
            found = web.measure(load, lambda what: status.update(_("Measuring: %(what)s") % {"what": what}))
        table = Table("", "", title=_("The load that the web side carries"), show_header=False)
        for name, value in found.items():
            table.add_row(name, str(value))
        console.print(table)
        return {"web": found}

    def _engine(self, console: Console, streams: tuple[int, ...]) -> dict[str, Any]:
        from inference import benchmarking  # loads PyTorch, which --help need not wait for

        with console.status(_("Measuring")) as status:
            rows = benchmarking.run(lambda what: status.update(_("Measuring: %(what)s") % {"what": what}), streams)
        table = Table(*COLUMNS, title=_("Tokens per second, and milliseconds to the first token"))
        for row in rows:
            table.add_row(*(str(value) for value in asdict(row).values()))
        console.print(table)
        return benchmarking.as_json(rows)

    def _agreement(self, console: Console, questions: list[str]) -> dict[str, Any]:
        from inference import benchmarking, checkpoints

        checkpoint = checkpoints.resolve(checkpoints.EMBEDDED)
        with console.status(
            _("Asking %(count)d questions with int8 and with fp32 weights") % {"count": len(questions)}
        ):
            model = checkpoints.load_model(checkpoint, "float32", "cpu")
            found = benchmarking.int8_agreement(model, checkpoints.load_tokenizer(checkpoint), questions)
        figures = asdict(found)
        table = Table(*figures, title=_("Greedy answers with int8 weights that equal those with fp32"))
        table.add_row(*(str(value) for value in figures.values()))
        console.print(table)
        return figures

    def _delivery(self, console: Console, visitors: int) -> dict[str, Any]:
        with console.status(_("Measuring the way of a word to %(count)d visitors") % {"count": visitors}):
            figures = asdict(delivery.measure(visitors))
        table = Table(*figures, title=_("From the engine to the browser's socket, in milliseconds"))
        table.add_row(*(str(value) for value in figures.values()))
        console.print(table)
        return figures

    def _retrieval(self, console: Console, articles: int) -> list[dict[str, Any]]:
        from inference.retrieval import measuring  # loads the search library

        with console.status(_("Searching %(count)d articles") % {"count": articles}):
            rows = [asdict(row) for row in measuring.run(articles)]
        table = Table(*rows[0], title=_("One search among many articles, in milliseconds"))
        for row in rows:
            table.add_row(*(str(value) for value in row.values()))
        console.print(table)
        return rows


def _questions(path: Path | None) -> list[str]:
    """The questions of a file of conversations, else the held-back Chinese ones of the sample articles."""
    if path is None:
        articles = load_articles()
        return [text for article in articles for text in article.texts[Language.CHINESE].questions[-HELD_BACK:]]
    rows = [json.loads(line)["messages"] for line in path.read_text(encoding="utf-8").splitlines()]
    return [messages[0]["content"] for messages in rows]
