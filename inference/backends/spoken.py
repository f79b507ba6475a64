"""A text that is known already, said as a model says its own: piece by piece."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

from inference.types import Chunk

# A word with the space before it, or a few Han characters, which have no spaces to cut at.
_PIECES = re.compile(r"\s*(?:[^\s\u3400-\u9fff]+|[\u3400-\u9fff]{1,3})|\s+")


def pieces(text: str) -> list[str]:
    """The text in the order in which it is said; together they are the text."""
    return _PIECES.findall(text)


async def say(text: str, prefix: str = "") -> AsyncIterator[Chunk]:
    """Chunks of what comes after `prefix`; all of the text, as a paragraph of its own, when it does not begin so."""
    rest = text.removeprefix(prefix) if text.startswith(prefix) else f"\n\n{text}"
    for piece in pieces(rest):
        await asyncio.sleep(0)  # another visitor's turn, and the moment in which this one may be stopped
        yield Chunk(text=piece, token_count=1)
