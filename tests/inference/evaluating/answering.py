"""Engines whose every answer a test has written down, and the two articles that they know."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import inference
from inference.errors import InferenceError
from inference.evaluating.answers import answer
from inference.evaluating.questions import Question
from inference.evaluating.run import EngineRun, Run
from inference.knowledge import Document, KnowledgeBase
from inference.types import BackendState, Chunk, Completion, FinishReason, Request, Status
from tests.scripted import COMPLETION

ARRIVAL, PIN = "Your card is in the post.", "Open Cards, then **Unblock PIN**."
KNOWLEDGE = KnowledgeBase(
    documents=(
        Document("card-arrival", "en", "Where is my card?", ARRIVAL),
        Document("card-arrival", "zh-hans", "我的卡在哪里？", "卡片正在邮寄途中。"),
        Document("pin_blocked", "en", "Why is my PIN blocked?", PIN, ("PIN blocked!",)),
    )
)


async def known() -> KnowledgeBase:
    """A source for inference.knowledge.connect."""
    return KNOWLEDGE


def cites(source: str, text: str = ARRIVAL, confidence: float | None = 0.9, **record: Any) -> tuple[str, Completion]:
    """An answer from an article, or from none."""
    sources = (source,) if source else ()
    return text, replace(COMPLETION, sources=sources, confidence=confidence, **record)


def abstains(confidence: float | None = 0.2, **record: Any) -> tuple[str, Completion]:
    """An answer that says that it does not know."""
    return cites("", "I do not know.", confidence, abstained=True, **record)


@dataclass
class Answering:
    """Answers by the question's text; an Event is waited for, an exception raised."""

    name: str
    answers: dict[str, Any] = field(default_factory=dict)
    ready: bool = True
    requests: list[Request] = field(default_factory=list)
    running: int = 0
    most_running: int = 0
    closed: bool = False

    def start(self) -> None:
        """Nothing to load."""

    def status(self) -> Status:
        """Ready, or failed for good."""
        return Status(BackendState.READY, 1.0) if self.ready else Status(BackendState.FAILED, detail="No weights.")

    def describe(self) -> dict[str, Any]:
        """What it is."""
        return {"backend": "answering", "checkpoint": "none", "checkpoint_path": "/somewhere"}

    def close(self) -> None:
        """Nothing to close."""
        self.closed = True

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        """The answer that is written down."""
        self.requests.append(request)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await asyncio.sleep(0)
            async for chunk in self._play(self.answers[request.messages[-1].content]):
                yield chunk
        finally:
            self.running -= 1

    async def _play(self, step: Any) -> AsyncIterator[Chunk]:
        if isinstance(step, list):  # one after the other, each time that it is asked; the last one for good
            step = step.pop(0) if len(step) > 1 else step[0]
        if callable(step):
            step = await step()
        if isinstance(step, InferenceError):
            raise step
        if isinstance(step, Chunk):
            yield step
            return
        text, completion = step
        for word in text.split(" "):
            yield Chunk(text=word if text.startswith(word) else f" {word}", token_count=1)
        yield Chunk(finish_reason=FinishReason.STOP, completion=completion)


def made(questions: list[Question], given: dict[str, list[Any]]) -> Run:
    """A run without any asking: for each engine what it gave for each question, None for not asked."""
    run = Run(questions, KNOWLEDGE)
    for name, answers in given.items():
        engine = EngineRun(name, cpu_s=0.5, wall_s=2.0)
        for place, (question, step) in enumerate(zip(questions, answers, strict=True)):
            if step is not None:
                text, completion = step
                engine.answers[place] = answer(question, text, True, completion, KNOWLEDGE)
        run.engines.append(engine)
    return run


def engines(**answers: dict[str, Any]) -> dict[str, Answering]:
    """Configure one engine for each name."""
    backend = {"BACKEND": "tests.inference.evaluating.answering.Answering"}
    inference.configure({name: {**backend, "OPTIONS": {"answers": given}} for name, given in answers.items()})
    found = {name: inference.get_backend(name) for name in answers}
    return found  # type: ignore[return-value]
