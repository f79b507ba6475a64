"""A text as sentences, in English and Chinese."""

from __future__ import annotations

import re

# After 。！？ and line ends always; after .!? only before white space and not after an abbreviation or a list's number.
_END = re.compile(
    r"(?:(?<!\be\.g)(?<!\bi\.e)(?<!\bapprox)(?<!\bNo)(?<!\bMr)(?<!\bMrs)(?<!\bDr)(?<!\bvs)(?<!^\d)(?<!^\d\d)"
    r"[.!?]+[\"”’)*]*(?=\s|$))|[。！？]+[”’）」*]*|\n+",
    re.MULTILINE,
)


def sentences(text: str) -> list[tuple[int, int]]:
    """Start and end of each, without the white space around it; together they hold every other character."""
    spans, start = [], 0
    for match in _END.finditer(text):
        spans.append((start, match.end()))
        start = match.end()
    spans.append((start, len(text)))
    return [span for span in (_stripped(text, *span) for span in spans) if span[0] < span[1]]


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), end - (len(part) - len(part.rstrip()))
