"""Logs say where something broke, and never what was written."""

from __future__ import annotations

import contextvars
import json
import logging
import sys
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError
from django.utils.module_loading import import_string

from chat.logs import JsonFormatter, PrivateFormatter
from chat.request_ids import begin

SECRET = "my-account-is-4711"


def line(message: str, *args: Any, exc_info: Any = None) -> str:
    """What a handler of ours would print."""
    record = logging.LogRecord("test", logging.ERROR, __file__, 1, message, args, exc_info)
    return PrivateFormatter("{levelname} {message}", style="{").format(record)


def raised(error: BaseException) -> Any:
    """The exception as logging gets it."""
    try:
        raise error
    except BaseException:
        return sys.exc_info()


def test_a_message_that_may_quote_somebody_is_left_out() -> None:
    shown = line("It failed", exc_info=raised(ValueError(SECRET)))
    assert SECRET not in shown
    assert shown.startswith("ERROR It failed\n")
    assert "raise error" in shown
    assert shown.endswith("ValueError")


def test_what_led_to_it_is_shown_the_same_way() -> None:
    def fail() -> None:
        try:
            int(SECRET)
        except ValueError as error:
            raise KeyError(SECRET) from error

    try:
        fail()
    except KeyError:
        shown = line("It failed", exc_info=sys.exc_info())
    assert SECRET not in shown
    assert "ValueError\nwhich led to\n" in shown
    assert shown.endswith("KeyError")


def test_a_message_about_the_installation_stays() -> None:
    assert line("x", exc_info=raised(OperationalError("no such table: a"))).endswith(
        "OperationalError: no such table: a"
    )


def test_an_exception_as_an_argument_is_named_only() -> None:
    assert line("Exception inside application: %s", RuntimeError(SECRET)) == (
        "ERROR Exception inside application: RuntimeError"
    )
    assert line("%(count)d rows", {"count": 3}) == "ERROR 3 rows"


def test_what_another_handler_wrote_down_is_not_used() -> None:
    record = logging.LogRecord("test", logging.ERROR, __file__, 1, "x", (), raised(ValueError(SECRET)))
    assert SECRET in logging.Formatter().format(record)
    assert SECRET not in PrivateFormatter("{message}", style="{").format(record)


def test_a_circle_of_causes_has_an_end() -> None:
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    assert line("x", exc_info=(ValueError, first, None)).count("which led to") == 1


@pytest.mark.parametrize("name", sorted(settings.LOGGING["formatters"]))
def test_the_site_uses_it(name: str) -> None:
    assert issubclass(import_string(settings.LOGGING["formatters"][name]["()"]), PrivateFormatter)


def test_of_asyncios_own_complaints_the_first_line_is_kept() -> None:
    record = logging.LogRecord("asyncio", logging.ERROR, __file__, 1, f"Task exception\nfuture: {SECRET}", (), None)
    assert PrivateFormatter("{message}", style="{").format(record) == "Task exception"


def json_line(**extra: Any) -> dict[str, Any]:
    """What a program would read."""
    error = raised(ValueError(SECRET))
    record = logging.LogRecord("test", logging.ERROR, __file__, 1, "It failed: %s\n", (error[1],), error)
    record.__dict__.update(extra)
    text = JsonFormatter().format(record)
    assert SECRET not in text
    assert "\n" not in text
    found: dict[str, Any] = json.loads(text)
    return found


def test_as_json_a_line_is_one_object_with_the_same_promise() -> None:
    found = json_line(path="/help/", status=200, ms=1.5)
    assert [found[name] for name in ("level", "logger", "message", "path", "status", "ms")] == [
        *("ERROR", "test", "It failed: ValueError\n", "/help/", 200, 1.5)
    ]
    assert found["traceback"].endswith("ValueError")
    assert "path" not in json_line()


def test_a_line_names_its_request() -> None:
    scope = {"type": "http", "headers": []}

    def line_of_request() -> tuple[str, str]:
        return begin(scope), json_line()["request_id"]

    made, shown = contextvars.copy_context().run(line_of_request)
    assert made == shown
    assert json_line()["request_id"] == "-"
