"""Questions with the answer that is expected of them, from a CSV; what is wrong with it is said with its line."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from inference.evaluating.form import language_of
from inference.knowledge import KnowledgeBase
from inference.retrieval.text import normalise
from inference.training.dataset import DatasetError, read_lines
from inference.training.options import gettext_noop

OUTSIDE = "oos"
LANGUAGES = ("en", "zh-hans")


@dataclass(frozen=True, slots=True)
class Question:
    """One row. `expected` is the key of an article's slug (see `key`) or OUTSIDE; `line` is where it stands."""

    text: str
    expected: str
    language: str
    line: int = 0


def key(name: str) -> str:
    """A category or slug as they are compared: lower case, nothing but letters, digits and `_`."""
    return "".join(letter for letter in name.lower() if letter.isalnum() or letter == "_")


def read_questions(path: Path) -> list[Question]:
    """All rows of a CSV with the columns text,category and maybe language. Raises DatasetError."""
    if not path.is_file():
        raise DatasetError(gettext_noop("There is no file {path}."), path=path)
    with closing(read_lines(path)) as lines:
        rows = list(_rows(path, lines))
    if not rows:
        raise DatasetError(gettext_noop("{path} has no rows."), path=path)
    return rows


def pick(questions: list[Question], limit: int | None, seed: int) -> list[Question]:
    """All in random order, or as many as `limit`: files are often sorted by category, and a run may be cut short."""
    return random.Random(seed).sample(questions, min(len(questions), limit or len(questions)))


def is_example(knowledge: KnowledgeBase) -> Callable[[Question], bool]:
    """Whether a question stands among those that the articles give as examples: whoever searches these is right."""
    examples = {normalise(text) for document in knowledge.documents for text in (document.question, *document.examples)}
    return lambda question: normalise(question.text) in examples


def _rows(path: Path, lines: Iterator[str]) -> Iterator[Question]:
    reader = csv.reader(lines, strict=True)
    try:
        columns = _columns(path, next(reader, []))
        for row in reader:
            if any(value.strip() for value in row):
                yield _question(path, reader.line_num, columns, row)
    except csv.Error as error:
        message = gettext_noop("{path}, line {line}: not readable as CSV: {error}")
        raise DatasetError(message, path=path, line=reader.line_num, error=error) from error


def _columns(path: Path, header: list[str]) -> list[str]:
    columns = [name.strip().lower() for name in header]
    if {"text", "category"} <= set(columns) and len(set(columns)) == len(columns):
        return columns
    message = gettext_noop("{path}, line {line}: the first line must name the columns text and category.")
    raise DatasetError(message, path=path, line=1)


def _question(path: Path, line: int, columns: list[str], row: list[str]) -> Question:
    if len(row) != len(columns):
        message = gettext_noop("{path}, line {line}: {found} values where {wanted} are needed.")
        raise DatasetError(message, path=path, line=line, found=len(row), wanted=len(columns))
    values = dict(zip(columns, (value.strip() for value in row), strict=True))
    if not values["text"] or not key(values["category"]):
        raise DatasetError(gettext_noop("{path}, line {line}: a value is empty."), path=path, line=line)
    language = values.get("language", "").lower()
    if language and language not in LANGUAGES:
        message = gettext_noop("{path}, line {line}: the language must be en or zh-hans, not “{found}”.")
        raise DatasetError(message, path=path, line=line, found=language)
    return Question(values["text"], key(values["category"]), language or language_of(values["text"]), line)
