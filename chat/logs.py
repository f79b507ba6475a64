"""What goes into a log: what happened and where, never what somebody wrote.

An exception's message may quote the text that it stumbled over, so only the messages of exceptions that
speak about the installation are kept. Of all others the class and the lines of code stay.
"""

from __future__ import annotations

import logging
import traceback
from types import TracebackType
from typing import Any

from django.core.exceptions import DisallowedHost, ImproperlyConfigured
from django.db import OperationalError
from django.template import TemplateDoesNotExist, TemplateSyntaxError

from inference import InferenceError

SPEAK_OF_THE_INSTALLATION = (
    *(OperationalError, ImproperlyConfigured, DisallowedHost, TemplateDoesNotExist, TemplateSyntaxError),
    *(ImportError, OSError, InferenceError),
)
ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class PrivateFormatter(logging.Formatter):
    """Formats exceptions, in tracebacks and as arguments, without what they may quote."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback if there is one."""
        shown = logging.makeLogRecord(record.__dict__)
        shown.args = _cleaned(record.args)
        shown.exc_text = None  # another handler may have put its own there
        return super().format(shown)

    def formatException(self, ei: ExceptionInfo) -> str:
        """The code lines of an exception and of those that led to it."""
        parts = [_one(error) for error in _chain(ei[1])]
        return "\nwhich led to\n".join(reversed(parts))


def describe(error: BaseException) -> str:
    """The class, with the message where that cannot be a visitor's."""
    name = type(error).__name__
    return f"{name}: {error}" if isinstance(error, SPEAK_OF_THE_INSTALLATION) else name


def _cleaned(args: Any) -> Any:
    if isinstance(args, tuple):
        return tuple(describe(arg) if isinstance(arg, BaseException) else arg for arg in args)
    return args


def _chain(error: BaseException | None) -> list[BaseException]:
    """The error, then its cause, and so on."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return found


def _one(error: BaseException) -> str:
    return "".join(traceback.format_tb(error.__traceback__)) + describe(error)
