"""A text that is known already, said as a model says its own: piece by piece."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

from inference.engine.stopping import StopStrings
from inference.types import Chunk, FinishReason, Request

# A word with the space before it, or a few Han characters, which have no spaces to cut at.
_PIECES = re.compile(r"\s*(?:[^\s\u3400-\u9fff]+|[\u3400-\u9fff]{1,3})|\s+")


def pieces(text: str) -> list[str]:
    """The text in the order in which it is said; together they are the text."""
    return _PIECES.findall(text)


class Speech:
    """A known text on its way. Once it is said, `tokens` (pieces, that is) and `finish` belong to its record.

    What comes after the request's prefix is said; all of the text, as a paragraph of its own, when it does not begin
    with that.
    """

    def __init__(self, text: str, request: Request) -> None:
        prefix, self._sampling = request.prefix, request.sampling
        self._rest = text.removeprefix(prefix) if text.startswith(prefix) else f"\n\n{text}"
        self._stops = StopStrings(request.sampling.stop)
        self.tokens = 0
        self.finish = FinishReason.STOP

    async def chunks(self) -> AsyncIterator[Chunk]:
        """The pieces up to the end, a stop string, or as many as the request allows."""
        for piece in pieces(self._rest):
            await asyncio.sleep(0)  # another visitor's turn, and the moment in which this one may be stopped
            if self._sampling.cut_quotes and self.tokens >= self._sampling.max_new_tokens:
                self.finish = FinishReason.LENGTH
                break
            self.tokens += 1
            yield Chunk(text=self._stops.push(piece), token_count=1)
            if self._stops.found:
                return
        held = self._stops.flush()
        if held:
            yield Chunk(text=held)
