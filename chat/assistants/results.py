"""Structured results: the fields that an answer shall have, the JSON Schema of them, and what a model made of it.

Fields are kept as plain JSON, with an assistant and with every answer that was asked for in them:
[{"name", "label_en", "label_zh", "kind", "choices": [{"value", "label_en", "label_zh"}]}].
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from chat.assistants.enums import FieldKind
from chat.assistants.models import short_language

MAX_TEXT_CHARS = 4000
MAX_ITEMS = 100
# A model that was asked for JSON alone likes to put it into a code block, or a sentence in front of it.
_FENCED = re.compile(r"^\s*```(?:json)?\s*(.*?)\s*```\s*$", re.DOTALL)

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that a field may have, and what people read."""

    value: str
    label_en: str = ""
    label_zh: str = ""

    def label(self, language: str | None = None) -> str:
        """In that language, or the active one."""
        return (self.label_zh if short_language(language) == "zh" else self.label_en) or self.value


@dataclass(frozen=True, slots=True)
class ResultField:
    """One field of a result. A text, or several, may be confined to `choices` as well."""

    name: str
    label_en: str = ""
    label_zh: str = ""
    kind: str = FieldKind.TEXT
    choices: tuple[Choice, ...] = ()

    def label(self, language: str | None = None) -> str:
        """In that language, or the active one."""
        return (self.label_zh if short_language(language) == "zh" else self.label_en) or self.name

    @property
    def by_value(self) -> dict[str, Choice]:
        """The choices by their values, as values are compared."""
        return {choice.value.casefold(): choice for choice in self.choices}


@dataclass(frozen=True, slots=True)
class Row:
    """A field as it is read: its label and its values."""

    label: str
    values: list[str] = field(default_factory=list)


def read_fields(stored: Iterable[Mapping[str, Any]]) -> tuple[ResultField, ...]:
    """Fields from plain JSON."""
    return tuple(
        ResultField(**{**entry, "choices": tuple(Choice(**choice) for choice in entry.get("choices", ()))})
        for entry in stored
    )


def write_fields(fields: Iterable[ResultField]) -> list[dict[str, Any]]:
    """Fields as plain JSON."""
    return json.loads(json.dumps([asdict(one) for one in fields]))


def schema(fields: Iterable[ResultField], language: str) -> dict[str, Any]:
    """The JSON Schema of a result; empty without fields. Every field is required, as servers ask for it."""
    found = tuple(fields)
    if not found:
        return {}
    return {
        "type": "object",
        "properties": {one.name: _property(one, language) for one in found},
        "required": [one.name for one in found],
        "additionalProperties": False,
    }


def parse(fields: Iterable[ResultField], text: str) -> Values | None:
    """The values in a model's answer; None when it is no valid result. What no field asks for is left out."""
    fenced = _FENCED.match(text)
    try:
        raw = json.loads(fenced.group(1) if fenced else text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    if not isinstance(raw, dict):
        return None
    values = {one.name: _value(one, raw.get(one.name)) for one in fields}
    return None if None in values.values() else values


def rows(fields: Iterable[ResultField], values: Values, language: str | None = None) -> list[Row]:
    """Labels and values as somebody reads them in that language, or the active one."""
    return [Row(one.label(language), _shown(one, values[one.name], language)) for one in fields]


def _property(one: ResultField, language: str) -> dict[str, Any]:
    item: dict[str, Any] = {"type": "string"}
    if one.choices:
        item["enum"] = [choice.value for choice in one.choices]
    label = one.label(language)
    return (
        {"type": "array", "items": item, "description": label}
        if one.kind == FieldKind.LIST
        else {**item, "description": label}
    )


def _value(one: ResultField, raw: Any) -> Any:
    """The value as it is kept, or None when it is not allowed."""
    if one.kind != FieldKind.LIST:
        return _text(one, raw)
    if not isinstance(raw, list) or len(raw) > MAX_ITEMS:
        return None
    items = [_text(one, item) for item in raw]
    return None if None in items else items


def _text(one: ResultField, raw: Any) -> str | None:
    if not isinstance(raw, str) or len(raw) > MAX_TEXT_CHARS:
        return None
    if not one.choices:
        return raw.strip()
    choice = one.by_value.get(raw.strip().casefold())
    return choice.value if choice else None


def _shown(one: ResultField, value: Any, language: str | None) -> list[str]:
    known = one.by_value
    items = value if isinstance(value, list) else [value]
    return [known[item.casefold()].label(language) if item.casefold() in known else item for item in items if item]


def _refuse(name: str) -> Any:
    raise ValueError(name)
