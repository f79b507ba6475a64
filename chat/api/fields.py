"""Reading a JSON object field by field: every type is checked, what is wrong is named, nothing is passed over."""

from __future__ import annotations

import json
from typing import Any

from chat.api.errors import BadRequest

Fields = dict[str, Any]


def parse_object(body: bytes) -> Fields:
    """The JSON object in a body."""
    try:
        found = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise BadRequest("The body must be a JSON object.", code="invalid_json") from None
    if not isinstance(found, dict):
        raise BadRequest("The body must be a JSON object.", code="invalid_json")
    return found


def _refuse_constant(_name: str) -> None:
    raise ValueError("NaN and Infinity are no JSON.")


class Reader:
    """Takes known fields out of an object; `end` refuses those that nobody took. null is as good as absent.

    `where` is the way to the object, as in "messages[2].".
    """

    def __init__(self, found: Fields, where: str = "") -> None:
        self._left = dict(found)
        self._where = where

    def any(self, name: str) -> Any:
        """The value as it is; None when there is none."""
        return self._left.pop(name, None)

    def text(self, name: str, default: str | None = None) -> str | None:
        """A string that UTF-8 can hold."""
        value = self.any(name)
        if value is None:
            return default
        if not isinstance(value, str) or not _encodable(value):
            raise self.wrong(name, "a string")
        return value

    def flag(self, name: str, default: bool | None = False) -> bool | None:
        """true or false."""
        value = self.any(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.wrong(name, "true or false")
        return value

    def whole(self, name: str, low: int, high: int, default: int | None = None) -> int | None:
        """A whole number from `low` to `high`."""
        value = self.any(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.wrong(name, f"a whole number from {low} to {high}")
        return value

    def number(self, name: str, low: float, high: float, default: float) -> float:
        """A number from `low` to `high`."""
        value = self.any(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self.wrong(name, f"a number from {low:g} to {high:g}")
        return float(value)

    def object(self, name: str) -> Fields | None:
        """A JSON object."""
        value = self.any(name)
        if value is not None and not isinstance(value, dict):
            raise self.wrong(name, "an object")
        return value

    def inner(self, name: str) -> Reader:
        """A reader of the object there; of an empty one when there is none."""
        return Reader(self.object(name) or {}, f"{self._where}{name}.")

    def neutral(self, name: str, *values: Any) -> None:
        """A field that nothing here can do anything with: one of the values that ask for nothing."""
        value = self.any(name)
        if value is None or any(value == fine and isinstance(value, bool) == isinstance(fine, bool) for fine in values):
            return
        raise BadRequest(f"{self._where}{name} is not supported here.", self._where + name, "unsupported_parameter")

    def wrong(self, name: str, rule: str) -> BadRequest:
        """The error for a field that is not `rule`."""
        return BadRequest(f"{self._where}{name} must be {rule}.", self._where + name, "invalid_value")

    def end(self) -> None:
        """Refuse what is left."""
        for name in self._left:
            shown = f"{self._where}{name}"[:80]
            raise BadRequest(f"Unknown field: {shown!r}.", shown, "unknown_parameter")


def _encodable(text: str) -> bool:
    """False for half of a surrogate pair, which JSON can write but nothing else can."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
