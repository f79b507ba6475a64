"""A small knowledge base, and asking a backend."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from inference.knowledge import Document, KnowledgeBase, Teaching, answer_sha256
from inference.types import ChatMessage, Chunk, Completion, Decision, Request, Role, Sampling

ARRIVAL = Document(
    "card_arrival", "en", "My card has not arrived", "Cards take **five** working days.", ("Where is my new card?",)
)
ARRIVAL_ZH = Document(
    "card_arrival", "zh-hans", "卡还没有寄到", "卡片通常五个工作日内寄到，请您耐心等待。", ("我的新卡在哪里",)
)
LIMIT = Document(
    "top_up_limits", "en", "How much can I top up?", "Up to 5,000 EUR a day.", ("What is the top-up limit?",)
)
MORTGAGE = Document(
    "mortgage", "en", "Do you offer [mortgages]?", "We offer mortgages from 2027 on.", ("I want a mortgage",)
)
REFUSALS = {
    "en": ("I do not know. Ask at **Help**.", "No idea. Ask at **Help**."),
    "zh-hans": ("我不知道，请到**帮助**。",),
}
DOUBTS = {"en": ("Not sure. One of these, or **Help**?",), "zh-hans": ("我不确定，请看看这些，或到**帮助**。",)}
BASE = KnowledgeBase("1", (ARRIVAL, ARRIVAL_ZH, LIMIT, MORTGAGE), refusals=REFUSALS, doubts=DOUBTS)
TAUGHT = Teaching(
    frozenset({"card_arrival", "top_up_limits", "-oos", "-talk"}),
    {
        "card_arrival": {"en": answer_sha256(ARRIVAL.answer), "zh-hans": answer_sha256(ARRIVAL_ZH.answer)},
        "top_up_limits": {"en": answer_sha256("Up to 50 EUR a day.")},
    },
)


@dataclass(frozen=True)
class Reply:
    """What came of a question."""

    text: str
    chunks: list[Chunk]

    @property
    def record(self) -> Completion:
        record = self.chunks[-1].completion
        assert record is not None
        return record

    @property
    def decisions(self) -> list[Decision]:
        return [chunk.decision for chunk in self.chunks if chunk.decision]


def ask(text: str, prefix: str = "", **sampling: Any) -> Request:
    return Request((ChatMessage(Role.USER, text),), Sampling(**sampling), prefix=prefix)


async def answer(backend: Any, request: Request) -> Reply:
    async with aclosing(backend.stream(request)) as stream:
        chunks = [chunk async for chunk in stream]
    return Reply("".join(chunk.text for chunk in chunks), chunks)
