"""What goes into a log: what happened and where, never what somebody wrote.

An exception's message may quote the text that it stumbled over, so only the messages of exceptions that
speak about the installation are kept. Of all others the class and the lines of code stay.
"""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from django.core.exceptions import DisallowedHost, ImproperlyConfigured
from django.db import OperationalError
from django.template import TemplateDoesNotExist, TemplateSyntaxError

from chat.request_ids import current_request_id
from inference import InferenceError

SPEAK_OF_THE_INSTALLATION = (
    *(OperationalError, ImproperlyConfigured, DisallowedHost, TemplateDoesNotExist, TemplateSyntaxError),
    *(ImportError, OSError, InferenceError),
)
# What a line about a request says besides its message (see chat/traffic.py).
REQUEST_FIELDS = ("path", "status", "ms")
ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class PrivateFormatter(logging.Formatter):
    """Formats exceptions, in tracebacks and as arguments, without what they may quote."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback if there is one."""
        return super().format(private(record))

    def formatException(self, ei: ExceptionInfo) -> str:
        """The code lines of an exception and of those that led to it."""
        parts = [_one(error) for error in _chain(ei[1])]
        return "\nwhich led to\n".join(reversed(parts))


class JsonFormatter(PrivateFormatter):
    """One JSON object a line, for programs that collect logs; the same promise."""

    def format(self, record: logging.LogRecord) -> str:
        """The object: when, how bad, where from, what, for which request, by which process."""
        shown = private(record)
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(shown.created, UTC).isoformat(timespec="milliseconds"),
            "level": shown.levelname,
            "logger": shown.name,
            "message": shown.getMessage(),
            "request_id": shown.request_id,  # type: ignore[attr-defined]
            "process": shown.process,
            **{name: getattr(shown, name) for name in REQUEST_FIELDS if hasattr(shown, name)},
        }
        if shown.exc_info:
            fields["traceback"] = self.formatException(shown.exc_info)
        return json.dumps(fields, ensure_ascii=False, default=str)


def private(record: logging.LogRecord) -> logging.LogRecord:
    """A copy that quotes nobody and knows its request."""
    shown = logging.makeLogRecord(record.__dict__)
    shown.args = _cleaned(record.args)
    shown.exc_text = None  # another handler may have put its own there
    if shown.name == "asyncio":  # its further lines are representations of tasks, with their exceptions' messages
        shown.msg, shown.args = shown.getMessage().partition("\n")[0], ()
    shown.request_id = current_request_id() or "-"
    return shown


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
