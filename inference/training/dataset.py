"""Conversations from a CSV or JSONL file; whatever is wrong with it is said with the line number.

JSONL: {"messages": [{"role", "content", "source"?}, ...], "weight"?, "answer_share"?, "kind"?, "language"?},
the last message the assistant's. CSV: columns `question,answer` and maybe `source`, or `text,category`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inference.errors import InferenceError
from inference.training.options import gettext_noop
from inference.types import Role

MAX_WEIGHT = 1000.0


class DatasetError(InferenceError):
    """The file cannot be used; `template` and `params` are the message, for translation."""

    code = "dataset_error"

    def __init__(self, template: str, **params: Any) -> None:
        super().__init__(template.format(**params))
        self.template = template
        self.params = params


@dataclass(frozen=True, slots=True)
class Turn:
    """One message; `source` is the slug of the article that an answer is from, or empty."""

    role: Role
    content: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A training row: its last turn is the answer to learn; an empty one teaches the source alone.

    It is seen `weight` times an epoch, in a share `answer_share` of these with the answer's text.
    """

    turns: tuple[Turn, ...]
    weight: float = 1.0
    answer_share: float = 1.0
    kind: str = ""
    language: str = ""
    line: int = 0


def read_dataset(path: Path) -> list[Conversation]:
    """All conversations of a .csv or .jsonl file. Raises DatasetError."""
    readers = {".csv": _read_csv, ".jsonl": _read_jsonl}
    if path.suffix.lower() not in readers:
        raise DatasetError(gettext_noop("{path} must end in .csv or .jsonl."), path=path)
    if not path.is_file():
        raise DatasetError(gettext_noop("There is no file {path}."), path=path)
    rows = list(readers[path.suffix.lower()](path, read_lines(path)))
    if not rows:
        raise DatasetError(gettext_noop("{path} has no rows."), path=path)
    return rows


def read_lines(path: Path) -> Generator[str]:
    """The lines of a UTF-8 file, with or without a byte order mark."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError:
                raise _error(path, number, gettext_noop("{path}, line {line}: this is not UTF-8 text.")) from None


def _error(path: Path, line: int, template: str, **params: Any) -> DatasetError:
    return DatasetError(template, path=path, line=line, **params)


def _read_csv(path: Path, lines: Iterator[str]) -> Iterator[Conversation]:
    reader = csv.reader(lines, strict=True)
    try:
        columns = _csv_columns(path, next(reader, []))
        for row in reader:
            if row:
                yield _csv_row(path, reader.line_num, columns, row)
    except csv.Error as error:
        raise _error(
            path, reader.line_num, gettext_noop("{path}, line {line}: not readable as CSV: {error}"), error=error
        ) from error


def _csv_columns(path: Path, header: list[str]) -> tuple[str, ...]:
    columns = tuple(name.strip().lower() for name in header)
    if columns in (("question", "answer"), ("question", "answer", "source"), ("text", "category")):
        return columns
    message = gettext_noop(
        "{path}, line {line}: the columns must be question,answer or question,answer,source or text,category."
    )
    raise _error(path, 1, message)


def _csv_row(path: Path, line: int, columns: tuple[str, ...], row: list[str]) -> Conversation:
    if len(row) != len(columns):
        message = gettext_noop("{path}, line {line}: {found} values where {wanted} are needed.")
        raise _error(path, line, message, found=len(row), wanted=len(columns))
    values = dict(zip(columns, (value.strip() for value in row), strict=True))
    question = values.get("question") or values.get("text") or ""
    answer, source = values.get("answer", ""), values.get("source") or values.get("category") or ""
    if not question or not (answer or source):
        raise _error(path, line, gettext_noop("{path}, line {line}: a value is empty."))
    return Conversation((Turn(Role.USER, question), Turn(Role.ASSISTANT, answer, slug(source))), line=line)


def slug(name: str) -> str:
    """A category's name as an article's slug: lower case, nothing but letters, digits, `_` and `-`."""
    return "".join(letter for letter in name.lower() if letter.isalnum() or letter in "_-")


def _read_jsonl(path: Path, lines: Iterator[str]) -> Iterator[Conversation]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError):
            raise _error(path, number, gettext_noop("{path}, line {line}: this is not JSON.")) from None
        yield _conversation(path, number, row)


def _conversation(path: Path, line: int, row: Any) -> Conversation:
    if not isinstance(row, dict) or not isinstance(row.get("messages"), list) or not row["messages"]:
        message = gettext_noop("{path}, line {line}: an object with a list “messages” is needed.")
        raise _error(path, line, message)
    turns = tuple(_turn(path, line, message) for message in row["messages"])
    if turns[-1].role is not Role.ASSISTANT or not (turns[-1].content or turns[-1].source):
        raise _error(path, line, gettext_noop("{path}, line {line}: the last message must be an answer."))
    weight = _number(path, line, row, "weight", MAX_WEIGHT)
    share = _number(path, line, row, "answer_share", 1.0)
    return Conversation(turns, weight, share, str(row.get("kind", "")), str(row.get("language", "")), line)


def _turn(path: Path, line: int, message: Any) -> Turn:
    fields = message if isinstance(message, dict) else {}
    role, content, source = fields.get("role"), fields.get("content"), fields.get("source", "")
    if role not in [item.value for item in Role] or not isinstance(content, str) or not isinstance(source, str):
        text = gettext_noop(
            "{path}, line {line}: a message needs a role (system, user or assistant) and a content that is text."
        )
        raise _error(path, line, text)
    return Turn(Role(role), content, slug(source))


def _number(path: Path, line: int, row: dict[str, Any], name: str, most: float) -> float:
    value = row.get(name, 1.0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        message = gettext_noop("{path}, line {line}: “{name}” must be a number from 0 to {most}.")
        raise _error(path, line, message, name=name, most=most)
    return float(value)
