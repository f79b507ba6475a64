"""Which regular expressions an editor may use: those that no message can keep busy for long.

A visitor writes the text that a pattern is matched against, so a pattern that backtracks without bound is a
way to stop the site. Python's own parser says what a pattern repeats; refused are repetitions inside
repetitions, alternatives inside repetitions, and rows of repetitions whose ways to divide a message between
them are too many.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MAX_PATTERN_CHARS = 200
MATCHED_CHARS = 500  # so much of a message is matched; a repetition without end counts as this many
MAX_WAYS = (MATCHED_CHARS + 1) ** 2  # two of them

_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)


def check_pattern(pattern: str) -> None:
    """ValidationError, in a sentence for the editor, for a pattern that may not be used."""
    fault = _too_long(pattern) or _broken(pattern) or _too_slow(pattern)
    if fault:
        raise ValidationError(fault % {"pattern": pattern if len(pattern) <= 60 else pattern[:60] + "…"})


def _too_long(pattern: str) -> str:
    if len(pattern) <= MAX_PATTERN_CHARS:
        return ""
    return _("The pattern %(pattern)s is longer than 200 characters.")


def _broken(pattern: str) -> str:
    try:
        _parse(pattern)
    except (re.error, RecursionError, OverflowError, Warning) as error:
        reason = str(error).replace("%", "%%")
        return _("%(pattern)s is not a regular expression:") + f" {reason}"
    if re.compile(pattern).search("") is not None:
        return _("The pattern %(pattern)s fits every message.")
    return ""


def _too_slow(pattern: str) -> str:
    parsed = _parse(pattern)
    if _nested(parsed):
        return _(
            "The pattern %(pattern)s repeats a group that has a repetition or a choice (|) in it. A message "
            "could keep it busy for minutes; write it without the outer repetition."
        )
    if _ways(parsed) <= MAX_WAYS:
        return ""
    return _("The pattern %(pattern)s has too many open repetitions. Between two words, write .{0,40} instead of .*")


def _parse(pattern: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a doubtful pattern means something else in the next Python
        re.compile(pattern)
        return _parser.parse(pattern)


def _nested(items: Any, inside: bool = False) -> bool:
    """Whether something that can be matched in several ways is itself repeated."""
    for code, argument in items:
        varies = code in _REPEATS and argument[0] != argument[1]
        if inside and (varies or code is codes.BRANCH):
            return True
        repeated = inside or (code in _REPEATS and argument[1] > 1)
        if any(_nested(part, repeated) for part in _parts(code, argument)):
            return True
    return False


def _ways(items: Any) -> int:
    """In how many ways the repetitions of a pattern can divide a message between them, at most."""
    ways, items = 1, list(items)
    for place, (code, argument) in enumerate(items):
        if code in _REPEATS:
            following = items[place + 1] if place + 1 < len(items) else None
            ways *= _lengths(argument, following)
        ways *= max((_ways(part) for part in _parts(code, argument)), default=1)
    return ways


def _lengths(repeat: tuple[Any, Any, Any], following: Any) -> int:
    """How many lengths a repetition can have; spaces before a letter have but one that fits."""
    low, high, body = repeat
    lengths = min(int(high), MATCHED_CHARS) - min(int(low), MATCHED_CHARS) + 1
    if _is_space(body) and following is not None and following[0] is codes.LITERAL and not chr(following[1]).isspace():
        return min(lengths, 2)
    return lengths


def _is_space(body: Any) -> bool:
    if len(body) != 1:
        return False
    code, argument = body[0]
    if code is codes.LITERAL:
        return chr(argument).isspace()
    return code is codes.IN and list(argument) == [(codes.CATEGORY, codes.CATEGORY_SPACE)]


def _parts(code: Any, argument: Any) -> Iterator[Any]:
    """The patterns within an item."""
    if code in _REPEATS:
        yield argument[2]
    elif code is codes.BRANCH:
        yield from argument[1]
    elif code is codes.SUBPATTERN:
        yield argument[3]
    elif code in (codes.ASSERT, codes.ASSERT_NOT):
        yield argument[1]
    elif code is codes.ATOMIC_GROUP:
        yield argument
    elif code is codes.GROUPREF_EXISTS:
        yield from (part for part in argument[1:] if part is not None)
