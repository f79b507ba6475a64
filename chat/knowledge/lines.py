"""Lists as an editor writes them: one a line, keywords as "word = weight"."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from inference.knowledge import Keyword


def split_lines(text: str) -> tuple[str, ...]:
    """The lines with something on them. Only line ends divide: a word may hold any other character."""
    lines = (line.strip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return tuple(line for line in lines if line)


def join_lines(lines: Iterable[str]) -> str:
    """One a line."""
    return "\n".join(lines)


def read_keywords(text: str) -> tuple[Keyword, ...]:
    """Keywords from lines; a word without a weight has the weight 1."""
    return tuple(_keyword(line) for line in split_lines(text))


def write_keywords(keywords: Iterable[Keyword]) -> str:
    """Keywords as lines, each with its weight."""
    return join_lines(f"{keyword.text} = {_number(keyword.weight)}" for keyword in keywords)


def _keyword(line: str) -> Keyword:
    word, equals, weight = line.rpartition("=")
    if not equals:
        return Keyword(line)
    try:
        return Keyword(word.strip(), float(weight.replace(",", ".")))
    except ValueError:
        message = _("%(line)s: write a word, or a word, = and a number, as in card = 2.")
        raise ValidationError(message % {"line": line[:60]}) from None


def _number(weight: float) -> str:
    return str(int(weight)) if float(weight).is_integer() else repr(float(weight))
