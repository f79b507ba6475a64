"""What the commands share in a terminal: the reader's language, the progress of loading, sentences for errors."""

from __future__ import annotations

import contextlib
import locale
import logging
import time
from collections.abc import Iterator
from typing import IO, Any, cast

from django.conf import settings
from django.core.management.base import CommandError
from django.utils.translation import gettext, gettext_noop
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn

from inference.errors import (
    BackendUnavailable,
    GenerationError,
    InferenceError,
    InvalidRequest,
    MessageTooLong,
    Overloaded,
)
from inference.types import BackendState, Status

POLL_S = 0.1

# What backends report while they start, so that it can be translated.
STEPS = (
    gettext_noop("Loading PyTorch"),
    gettext_noop("Loading transformers"),
    gettext_noop("Checking the checkpoint"),
    gettext_noop("Reading the weights"),
    gettext_noop("Warming up"),
)
# The first class that fits gives the sentence.
ERRORS: tuple[tuple[type[InferenceError], str], ...] = (
    (Overloaded, gettext_noop("The model is busy. Please try again in a moment.")),
    (MessageTooLong, gettext_noop("This message is too long for the model. Please shorten it.")),
    (InvalidRequest, gettext_noop("The model cannot answer this message.")),
    (BackendUnavailable, gettext_noop("The model is not available: %(reason)s")),
    (GenerationError, gettext_noop("The answer broke off. Please ask again.")),
    (InferenceError, gettext_noop("No answer can be given at the moment. Please try again shortly.")),
)


def terminal_language() -> str:
    """The language of the person at the terminal: Chinese in a Chinese locale, else the site's default."""
    try:
        name = locale.setlocale(getattr(locale, "LC_MESSAGES", locale.LC_CTYPE), "")
    except locale.Error:
        name = ""
    return "zh-hans" if name.lower().startswith(("zh", "chinese")) else settings.LANGUAGE_CODE


def error_sentence(error: InferenceError) -> str:
    """One plain sentence for the person at the terminal."""
    msgid = next(text for kind, text in ERRORS if isinstance(error, kind))
    return gettext(msgid) % {"reason": error} if "%" in msgid else gettext(msgid)


def ready_sentence(facts: dict[str, Any]) -> str:
    """What is ready to answer, from Backend.describe."""
    checkpoint = facts.get("checkpoint") or facts.get("model") or facts.get("backend", "")
    if not facts.get("device"):
        return gettext("The model is ready: %(checkpoint)s.") % {"checkpoint": checkpoint}
    values = {"checkpoint": checkpoint, "device": facts["device"], "precision": facts.get("precision", "")}
    return gettext("The model is ready: %(checkpoint)s on %(device)s (%(precision)s).") % values


@contextlib.contextmanager
def quiet_log() -> Iterator[None]:
    """What goes wrong is said by the command itself, in a sentence."""
    logger = logging.getLogger("inference")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def wait_until_ready(backend: Any, out: Any) -> None:
    """Start the backend and show its progress. Raises CommandError, also when the person does not want to wait."""
    progress = LoadingProgress(out)
    backend.start()
    try:
        while (status := backend.status()).state is BackendState.STARTING:
            progress.show(status)
            time.sleep(POLL_S)
    except KeyboardInterrupt:
        raise CommandError(gettext("Stopped before the model was ready.")) from None
    finally:
        progress.close()
    if status.state is BackendState.FAILED:
        raise CommandError(status.detail or gettext("The model could not be started."))


class Plain:
    """A command's stdout as a file: Django's adds a line end to whatever is written."""

    def __init__(self, out: Any) -> None:
        self._out = out

    def write(self, text: str) -> int:
        self._out.write(text, ending="")
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._out, name)


class LoadingProgress:
    """Shows a backend's status as it changes: a bar where a person looks on, plain lines elsewhere.

    `out` is a command's stdout. The bar is painted by `show` alone, without a thread of its own.
    """

    def __init__(self, out: Any) -> None:
        self._out = out
        self._shown = ""
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        if out.isatty():
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TaskProgressColumn(),
                TextColumn("{task.fields[eta]}"),
            )
            self._bar = Progress(
                *columns, console=Console(file=cast(IO[str], Plain(out))), auto_refresh=False, transient=True
            )

    def show(self, status: Status) -> None:
        """Paint or print the status, if there is something new in it."""
        if status.state is not BackendState.STARTING:
            return
        if self._bar is None:
            self._print(status)
        else:
            self._paint(self._bar, status)

    def close(self) -> None:
        """Take the bar away; harmless when there is none."""
        if self._bar is not None and self._task is not None:
            self._bar.stop()
            self._task = None

    def _print(self, status: Status) -> None:
        if status.detail and status.detail != self._shown:
            self._shown = status.detail
            values = {"percent": round(status.progress * 100), "step": gettext(status.detail)}
            self._out.write(gettext("Starting the model: %(percent)d%% (%(step)s)") % values)
            self._out.flush()

    def _paint(self, bar: Progress, status: Status) -> None:
        if self._task is None:
            bar.start()
            self._task = bar.add_task("", total=1.0, eta="")
        eta = "" if status.eta_s is None else gettext("about %(seconds)d s left") % {"seconds": round(status.eta_s)}
        step = gettext(status.detail) if status.detail else gettext("Starting the model")
        bar.update(self._task, completed=status.progress, description=step, eta=eta)
        bar.refresh()
