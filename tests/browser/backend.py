"""A model for the eye: what it answers depends on a word in the question.

It lives in the server's process, so tests steer it through files in a folder: `model.json` is the state that
it reports, and an answer to a question with "gate" goes on past its middle only when `open` exists.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from inference.errors import StepFailed
from inference.types import BackendState, Chunk, Completion, FinishReason, Request, Status, Waiting

MARKDOWN = """A replacement takes **three to five** working days. You can follow it in the app:

| Step | Where | How long |
| --- | --- | --- |
| Order | Cards, then *Replace* | at once |
| Print | our workshop | 1 to 2 days |
| Post | your address | 2 to 3 days |

1. Open the app and choose the card.
2. Tap `Replace card`.

```python
def days_left(ordered: int, today: int) -> int:
    \"\"\"Working days until the card should be there.\"\"\"
    return max(0, 5 - (today - ordered))  # five at most
```

If it is not there after a week, [write to us](https://example.com/help)."""
CHINESE = (
    "补办的银行卡一般需要三到五个工作日。您可以在应用里查看进度：打开“卡片”，点“补办”。"
    "如果一周后还没有收到，请告诉我们！"
)
LONG = " ".join(f"This is sentence number {n} of a long answer." for n in range(1, 61))
SHORT = "Your new card arrives in three to five days. You can follow it in the app. Anything else?"
BOTH = {
    "rules": "# Card arrival\n\nA new card takes **three to five working days**. Open **Cards** to see where it is.",
    "gpt2": "It is on its way: new cards take about a week. You can follow yours in the app, under Cards.",
}
RESULT = """{"sentiment": "negative", "topic": "card", "summary": "The writer has been waiting for a card.",
"people": [], "organisations": [], "places": ["Berlin", "<b>Bonn</b>"], "dates_and_amounts": ["3 May"]}"""
PAUSE_S = 0.02
PICTURES = {"classify": RESULT, "table": MARKDOWN, "银行卡": CHINESE, "long": LONG, "gate": LONG[:900], "quick": "Yes."}


class PlayBackend:
    """Answers by keyword; see the module's text."""

    def __init__(self, name: str, folder: str, label: str = "", large: bool = False) -> None:
        self.name = name
        self.label, self.large = label, large
        self.folder = Path(folder)

    def start(self) -> None:
        """Nothing to load."""

    def close(self) -> None:
        """Nothing to close."""

    def describe(self) -> dict[str, Any]:
        """Nothing to tell."""
        return {"device": "none"}

    def status(self) -> Status:
        """What the test wrote, else ready."""
        try:
            told = json.loads((self.folder / "model.json").read_text())
        except FileNotFoundError:
            return Status(BackendState.READY, 1.0)
        return Status(BackendState(told["state"]), told.get("progress", 0.0), told.get("eta_s"))

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        """Play the answer that the question asks for, word by word."""
        question = request.messages[-1].content
        async for waiting in self._wait(question):
            yield Chunk(waiting=waiting)
        words = list(_words(_answer(question, request.prefix, self.name)))
        for index, word in enumerate(words):
            if "gate" in question and not request.prefix and index == len(words) // 2:
                await self._gate("open")
            if "fail" in question and index == 8:
                yield Chunk(finish_reason=FinishReason.ERROR, completion=_completion(index), error=StepFailed("x"))
                return
            await asyncio.sleep(0 if "quick" in question else PAUSE_S)
            yield Chunk(text=word, token_count=1)
        completion = replace(_completion(len(words)), **_answerer(question))
        yield Chunk(finish_reason=FinishReason.STOP, completion=completion)

    async def _wait(self, question: str) -> AsyncIterator[Waiting]:
        if "queue" in question:
            yield Waiting("queued", 3, 15.0)
            await self._gate("open")
        if "start" in question:
            yield Waiting("starting", 0, 10.0)
            await self._gate("open")

    async def _gate(self, name: str) -> None:
        while not (self.folder / name).exists():
            await asyncio.sleep(PAUSE_S)


def _answer(question: str, prefix: str, name: str) -> str:
    if "both" in question and name in BOTH:
        return BOTH[name]
    text = next((answer for word, answer in PICTURES.items() if word in question), SHORT)
    return text.removeprefix(prefix) if prefix else text


def _answerer(question: str) -> dict[str, Any]:
    """What the record says about who answered, as far as the question wants to know."""
    if "surely" in question:
        return {"answered_by": "rules", "confidence": 0.95}
    if "perhaps" in question:
        return {"answered_by": "gpt2", "confidence": 0.3}
    if "unheard" in question:
        return {"answered_by": "gpt2", "confidence": 0.3, "sources": (), "abstained": True}
    return {}


def _words(text: str) -> Iterator[str]:
    """Pieces of a few characters, as a model gives them; Chinese has no spaces to cut at."""
    if " " not in text:
        yield from (text[start : start + 3] for start in range(0, len(text), 3))
        return
    head, *rest = text.split(" ")
    yield head
    yield from (" " + word for word in rest)


def _completion(tokens: int) -> Completion:
    figures = ("play", "ab" * 32, 7, 0, tokens, 1.0, 2.0, 3.0, -0.5, -1.5, None, ("card_arrival",))
    return Completion("default", *figures, confidence=0.87)
