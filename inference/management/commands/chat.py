"""`manage.py chat`: the same answers as on the site, in a terminal, word by word."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import override

import inference
from inference import ChatMessage, InferenceError, Request, Role, Sampling
from inference.management.terminal import (
    error_sentence,
    quiet_log,
    ready_sentence,
    terminal_language,
    wait_until_ready,
)

with contextlib.suppress(ImportError):  # lets the arrow keys edit what is typed, Chinese characters included
    import readline  # noqa: F401

END_WORDS = {"exit", "quit", "退出"}
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Command(BaseCommand):
    """A conversation at the prompt; Ctrl-C stops an answer, `exit`, 退出 or the end of input leaves."""

    help = "Chat with the model in the terminal. Type exit to leave; Ctrl-C stops an answer."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--engine", metavar="NAME", help="who answers: router, rules, gpt2 or checkpoint")
        parser.add_argument("--checkpoint", help="embedded, a folder, or a hub name")
        parser.add_argument("--device", choices=["auto", "cuda", "mps", "cpu"], help="where the model runs")

    def handle(self, *args: Any, **options: Any) -> None:
        with override(terminal_language()), quiet_log():
            _configure(options["engine"], {key: options[key] for key in ("checkpoint", "device") if options[key]})
            backend = inference.get_backend()
            try:
                wait_until_ready(backend, self.stdout)
                self.stdout.write(ready_sentence(backend.describe()))
                self.stdout.write(_("Ask your question. Ctrl-C stops an answer; type exit to leave."))
                self._talk()
            finally:
                backend.close()

    def _talk(self) -> None:
        """Ask and answer until the person leaves; what was said stays the context."""
        turns: list[ChatMessage] = []
        if settings.CHAT_INSTRUCTIONS:
            turns.append(ChatMessage(Role.SYSTEM, settings.CHAT_INSTRUCTIONS))
        with asyncio.Runner() as runner:
            while (question := self._ask()) is not None:
                asked = [*turns, ChatMessage(Role.USER, question)]
                answer = runner.run(self._answer(tuple(asked)))
                if answer:
                    turns = [*asked, ChatMessage(Role.ASSISTANT, answer)]

    def _ask(self) -> str | None:
        """The next question; None when the person wants to leave."""
        while True:
            try:
                text = input("> " if sys.stdin.isatty() else "").strip()
            except EOFError:
                self.stdout.write("")
                return None
            except KeyboardInterrupt:
                self.stdout.write("\n" + _("Type exit to leave."))
                continue
            if text.lower() in END_WORDS:
                return None
            if text:
                return text

    async def _answer(self, messages: tuple[ChatMessage, ...]) -> str:
        """Print the answer as it comes and give it back; what was printed counts, also when it is cut short."""
        pieces: list[str] = []
        try:
            sampling: dict[str, Any] = settings.CHAT_SAMPLING
            request = Request(messages, Sampling(**sampling))
            async with contextlib.aclosing(inference.stream(request)) as chunks:  # type: ignore[type-var]
                async for chunk in chunks:
                    pieces.append(chunk.text)
                    self._write(chunk.text)
                    if isinstance(chunk.error, InferenceError):
                        raise chunk.error
        except asyncio.CancelledError:
            self._write(" " + _("[stopped]"))
        except InferenceError as error:
            self._write(("\n" if any(pieces) else "") + error_sentence(error))
        self._write("\n")
        return "".join(pieces)

    def _write(self, text: str) -> None:
        # A terminal obeys control characters, and what a model writes must not steer it.
        self.stdout.write(CONTROL.sub("", text), ending="")
        self.stdout.flush()


def _configure(engine: str | None, overrides: dict[str, str]) -> None:
    """Use the site's backends, with another one by default or other options for the model."""
    config: dict[str, Any] = dict(settings.INFERENCE)
    if engine and engine not in config:
        raise CommandError(_("There is no engine %(name)s; there are: %(names)s.") % _names(engine, config))
    if overrides:
        name = "checkpoint" if "checkpoint" in config else "default"
        config[name] = {**config[name], "OPTIONS": {**config[name].get("OPTIONS", {}), **overrides}}
    if engine:
        config["default"] = engine
    if engine or overrides:
        inference.configure(config)


def _names(engine: str, config: dict[str, Any]) -> dict[str, str]:
    return {"name": engine, "names": ", ".join(sorted(set(config) - {"default"}) or ["default"])}
