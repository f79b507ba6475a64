"""Lists as an editor writes them: one a line; a choice with its labels as "value = label = 标签"."""

from __future__ import annotations

from collections.abc import Iterable

from chat.assistants.results import Choice


def split_lines(text: str) -> list[str]:
    """The lines with something on them."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def join_lines(lines: Iterable[str]) -> str:
    """One a line."""
    return "\n".join(lines)


def read_choices(text: str) -> tuple[Choice, ...]:
    """Choices from lines; labels may be left out."""
    return tuple(_choice(line) for line in split_lines(text))


def write_choices(choices: Iterable[Choice]) -> str:
    """Choices as lines."""
    return join_lines(" = ".join(_parts(choice)) for choice in choices)


def _choice(line: str) -> Choice:
    value, english, chinese = [part.strip() for part in [*line.split("=", 2), "", ""][:3]]
    return Choice(value, english, chinese)


def _parts(choice: Choice) -> list[str]:
    parts = [choice.value, choice.label_en, choice.label_zh]
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return parts
