"""The traditional engine as a backend: the published article word by word, small talk, or that it does not know."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from inference.backends.questions import language_of, question_of
from inference.backends.records import with_decision
from inference.backends.spoken import Speech
from inference.engine.thread import off_loop_timed
from inference.errors import InvalidRequest
from inference.knowledge import Document, KnowledgeBase, current
from inference.prompting import SMALL_TALK
from inference.refusing import refusal, wording
from inference.rules import Verdict, engine_of
from inference.types import BackendState, Chunk, Citation, Completion, Decision, Request, Role, Status

EARLIER = 3  # questions before the last one that are looked at
UNSURE = "unsure"


class RulesBackend:
    """Answers from the published articles without any model. Nothing is loaded; it is always ready."""

    def __init__(self, name: str = "rules", article_url: str = "/help/{slug}/") -> None:
        self.name = name
        self._article_url = article_url
        self._running = 0

    def start(self) -> None:
        """Nothing to begin with."""

    def status(self) -> Status:
        """Always ready."""
        return Status(BackendState.READY, 1.0, running=self._running, engine=self.name)

    def describe(self) -> dict[str, Any]:
        """That there is no model."""
        return {"backend": "rules"}

    def close(self) -> None:
        """Nothing to end."""

    async def verdict(self, request: Request) -> Verdict:
        """What the rules think of the request's last question."""
        return (await self._verdict(request, await current()))[0]

    async def _verdict(self, request: Request, knowledge: KnowledgeBase) -> tuple[Verdict, float]:
        """The verdict, and the processor time (ms) that it took."""
        earlier = [turn.content for turn in request.messages if turn.role is Role.USER][:-1]
        facts = (question_of(request), language_of(request), tuple(earlier[-EARLIER:]))
        return await off_loop_timed(lambda: engine_of(knowledge).decide(*facts))

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        """See Backend.stream. Every candidate is the same: there is no chance in it."""
        if not question_of(request).strip():
            raise InvalidRequest("There is no question to answer.")
        if not request.articles:
            raise InvalidRequest("The rules have no words but the articles'.")
        began = time.monotonic()
        self._running += 1
        try:
            knowledge = await current()
            verdict, cpu_ms = await self._verdict(request, knowledge)
            decision, text = self._answer(request, knowledge, verdict)
            for index in range(request.sampling.n):
                async with aclosing(self._said(request, verdict, decision, text, began, cpu_ms)) as chunks:  # type: ignore[type-var]
                    async for chunk in chunks:
                        yield replace(chunk, index=index)
        finally:
            self._running -= 1

    async def _said(
        self, request: Request, verdict: Verdict, decision: Decision, text: str, began: float, cpu_ms: float
    ) -> AsyncIterator[Chunk]:
        yield Chunk(decision=decision, citation=_citation(verdict))
        speech, first_ms = Speech(text, request), None
        async with aclosing(speech.chunks()) as chunks:  # type: ignore[type-var]
            async for chunk in chunks:
                first_ms = first_ms or _since(began)
                yield chunk
        blank = Completion(self.name, "", "", 0, 0, speech.tokens, 0.0, first_ms, _since(began), cpu_ms=cpu_ms)
        yield Chunk(finish_reason=speech.finish, completion=with_decision(blank, self.name, decision))

    def _answer(self, request: Request, knowledge: KnowledgeBase, verdict: Verdict) -> tuple[Decision, str]:
        """What is said, and its record."""
        language, seed = language_of(request), request.sampling.seed
        decision = Decision(self.name, "", verdict.confidence, explanation=verdict.explanation)
        article = knowledge.document(verdict.slug, language)
        if article is not None:
            return replace(decision, sources=(article.slug,)), article.answer
        texts = _talk(knowledge, verdict, language)
        if texts:
            return decision, wording(texts, question_of(request), seed)
        offers: list[Document] = [
            document for slug in verdict.offers if (document := knowledge.document(slug, language))
        ]
        text = refusal(knowledge, question_of(request), language, offers, self._article_url, seed)
        return replace(decision, reason=UNSURE, abstained=True), text


def _talk(knowledge: KnowledgeBase, verdict: Verdict, language: str) -> tuple[str, ...]:
    if verdict.slug != SMALL_TALK:
        return ()
    answers = next((topic.answers for topic in knowledge.talk if topic.key == verdict.topic), {})
    return answers.get(language) or next(iter(answers.values()), ())


def _citation(verdict: Verdict) -> Citation:
    runner_up = verdict.explanation.get("runner_up") or {}
    return Citation(verdict.slug, verdict.confidence, str(runner_up.get("article", "")))


def _since(began: float) -> float:
    return 1000 * (time.monotonic() - began)
