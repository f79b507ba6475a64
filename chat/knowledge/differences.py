"""What differs between two revisions, in pieces that a page can draw as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from chat.knowledge.drafts import ArticleDraft
from chat.knowledge.fields import LABELS, fields_of

SAME, ADDED, REMOVED = "same", "added", "removed"
LIKE = 0.5  # below this, two lines have only small words in common
MAX_TOKENS = 600  # in a line; comparing longer ones word by word costs more than it helps

_TOKEN = re.compile(r"[A-Za-z0-9]+|\s+|.", re.DOTALL)

LISTS = {"tags", "examples_en", "examples_zh", "keywords", "patterns"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A bit of text that is in both, or in one of them."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """A field that differs; of a list only the lines that do."""

    field: str
    label: Any
    lines: list[list[Piece]]


def changes(old: ArticleDraft | None, new: ArticleDraft) -> list[Change]:
    """The fields that differ, in the order of the form; everything there is when there was nothing before."""
    before, after = fields_of(old or ArticleDraft("")), fields_of(new)
    return [
        Change(name, label, _lines(before[name], after[name], shortened=name in LISTS))
        for name, label in LABELS.items()
        if before[name] != after[name]
    ]


def text_changes(old: str, new: str) -> list[list[Piece]]:
    """Two texts line by line, those lines that are in both among them."""
    return _lines(old, new, shortened=False)


def _lines(old: str, new: str, shortened: bool) -> list[list[Piece]]:
    before, after = (text.split("\n") if text else [] for text in (old, new))
    found: list[list[Piece]] = []
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            found.extend(_replaced(before[a1:a2], after[b1:b2]))
        elif not shortened:
            found.extend([Piece(SAME, line)] for line in before[a1:a2])
    return found


def _replaced(before: list[str], after: list[str]) -> Iterator[list[Piece]]:
    """Lines in pairs as far as they go, then those that are only gone or only new."""
    pairs = min(len(before), len(after))
    yield from (list(_words(old, new)) for old, new in zip(before, after, strict=False))
    yield from ([Piece(REMOVED, line)] for line in before[pairs:])
    yield from ([Piece(ADDED, line)] for line in after[pairs:])


def _words(old: str, new: str) -> Iterator[Piece]:
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    if max(len(before), len(after)) > MAX_TOKENS:
        before, after = [old], [new]
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < LIKE:
        matcher.set_seqs(before := [old], after := [new])
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        if tag == "equal":
            yield Piece(SAME, "".join(before[a1:a2]))
            continue
        if a2 > a1:
            yield Piece(REMOVED, "".join(before[a1:a2]))
        if b2 > b1:
            yield Piece(ADDED, "".join(after[b1:b2]))
