"""Ask engines questions whose right answer is known, and say how good, how sure and how fast they are."""

from __future__ import annotations

import asyncio
import json
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import override

import inference
from inference import InferenceError, Sampling, knowledge
from inference.errors import UnknownBackend
from inference.evaluating import (
    Options,
    Question,
    Run,
    is_example,
    pick,
    questions,
    read_questions,
    run,
    sample,
    sampled,
    summarise,
)
from inference.management import evaluation_page, evaluation_table
from inference.management.commands.train import sentence
from inference.management.terminal import quiet_log, terminal_language, wait_until_ready

USUAL = ("rules", "gpt2", "router")


class Command(BaseCommand):
    """Thin: reads, asks, counts, writes. See inference.evaluating."""

    help = "Compare engines on a CSV with the columns text,category: an article's slug, or oos for none."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.csv", help=_("columns text,category and maybe language"))
        engines = _("names from the setting INFERENCE [rules, gpt2 and router, as far as there are]")
        parser.add_argument("--engine", nargs="+", action="extend", metavar="NAME", help=engines)
        parser.add_argument("--json", type=Path, metavar="PATH", help=_("write all figures to this file"))
        parser.add_argument("--html", type=Path, metavar="PATH", help=_("write a report with pictures to this file"))
        parser.add_argument("--limit", type=_count, metavar="N", help=_("ask only so many questions, at random"))
        unseen = _("leave out questions that are examples in the articles, word for word")
        parser.add_argument("--unseen", action="store_true", help=unseen)
        parser.add_argument(
            "--sample", type=_count, default=50, metavar="N", help=_("answers to write out in full [50]")
        )
        parser.add_argument("--seed", type=int, default=0, help=_("number that everything random comes from [0]"))
        parser.add_argument("--streams", type=_count, default=8, metavar="N", help=_("questions at a time [8]"))
        parser.add_argument("--language", choices=["en", "zh-hans"], help=_("language of table and report"))

    def handle(self, *args: Any, **options: Any) -> None:
        with override(options["language"] or terminal_language()), quiet_log():
            try:
                self._evaluate(options)
            except InferenceError as error:
                raise CommandError(sentence(error)) from error

    def _evaluate(self, options: dict[str, Any]) -> None:
        for path in filter(None, (options["json"], options["html"])):
            if not path.resolve().parent.is_dir():
                raise CommandError(_("There is no folder %(path)s.") % {"path": path.resolve().parent})
        asked = pick(_questions(options), options["limit"], options["seed"])
        engines = _engines(options["engine"])
        try:
            for name in engines:
                wait_until_ready(inference.get_backend(name), self.stdout)
            with evaluation_table.Display(self.stdout, len(asked)) as display, asyncio.Runner() as runner:
                found = runner.run(run(asked, engines, _options(options["streams"]), display.news))
        finally:
            for name in engines:
                inference.get_backend(name).close()
        if not found.engines:
            raise CommandError(_("Stopped before the first answer."))
        self._report(found, options)

    def _report(self, found: Run, options: dict[str, Any]) -> None:
        summary = {"file": options["file"].name, "seed": options["seed"], **summarise(found)}
        summary["facts"] = {engine.name: _facts(engine.name) for engine in found.engines}
        places = sample(found, options["sample"], options["seed"])
        evaluation_table.show(self.stdout, summary)
        if options["json"]:
            data = {**summary, "sample": sampled(found, places), "rows": questions(found)}
            options["json"].write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        if options["html"]:
            options["html"].write_text(evaluation_page.render(found, summary, places), encoding="utf-8")
            self.stdout.write(_("The report is in %(path)s.") % {"path": options["html"]})


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(_("a whole number, 1 or more, is needed, not %(text)s") % {"text": text})
    return int(text)


def _questions(options: dict[str, Any]) -> list[Question]:
    """The file's questions, or those of them that no article has."""
    found = read_questions(options["file"])
    if options["unseen"]:
        known = is_example(asyncio.run(knowledge.current()))
        found = [question for question in found if not known(question)]
    if not found:
        raise CommandError(_("Every question is an example in an article."))
    return found


def _engines(wanted: list[str] | None) -> list[str]:
    """Those named, or the usual ones that are configured, or whatever answers by default."""
    if wanted:
        for name in wanted:
            inference.get_backend(name)
        return list(dict.fromkeys(wanted))
    return [name for name in USUAL if _is_configured(name)] or ["default"]


def _is_configured(name: str) -> bool:
    try:
        inference.get_backend(name)
    except UnknownBackend:
        return False
    return True


def _options(streams: int) -> Options:
    """As the chat asks."""
    return Options(Sampling(**settings.CHAT_SAMPLING), settings.CHAT_INSTRUCTIONS, streams)


def _facts(name: str) -> dict[str, Any]:
    """What answered, less where it lies on this machine's disk."""
    wanted = ("backend", "checkpoint", "checkpoint_sha256", "device", "precision", "parameters")
    facts = inference.get_backend(name).describe()
    return {key: facts[key] for key in wanted if key in facts}
