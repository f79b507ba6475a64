"""GPT-2 with the knowledge base: the model names its source, and only what the articles bear out goes out.

The model is told what retrieval found, as a prior over the sources that it may name. What it names is judged before
the first word is shown (inference/grounding.py): its own words, the published article, or "I do not know".
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from inference import priors, registry
from inference.backends.base import Backend
from inference.backends.candidates import several
from inference.backends.questions import language_of, question_before, question_of
from inference.backends.records import with_decision
from inference.backends.spoken import Speech
from inference.grounding import Case, Limits, Plan, in_another_language, judge, untaught
from inference.knowledge import Teaching, current
from inference.retrieval.evidence import evidence
from inference.types import Chunk, Completion, Decision, FinishReason, Request, Status

BROKEN = (FinishReason.ERROR, FinishReason.CANCELLED)
ARTICLES_OFF = "articles_off"


class GroundedBackend:
    """Answers with the backend named `model`, held to the published articles; for the other options see Limits.

    It loads nothing of its own. Another answer to the same question (a temperature above 0) has the same source.
    """

    def __init__(
        self,
        name: str = "gpt2",
        model: str = "checkpoint",
        threshold: float | Mapping[str, float] = 0.5,
        threshold_by_words: float | Mapping[str, float] | None = None,
        threshold_seconded: float = 0.6,
        quote_above: float = 0.1,
        quote_lead: float = 1.2,
        offer_above: float = 0.3,
        article_url: str = "/help/{slug}/",
    ) -> None:
        self.name = name
        self._model_name = model
        self._limits = Limits(
            threshold,
            threshold_by_words,
            threshold_seconded,
            quote_above=quote_above,
            quote_lead=quote_lead,
            offer_above=offer_above,
            article_url=article_url,
        )

    @property
    def _model(self) -> Backend:
        return registry.get_backend(self._model_name)

    def start(self) -> None:
        """Begin to load the model."""
        self._model.start()

    def status(self) -> Status:
        """The model's: without it there is no answer."""
        return self._model.status()

    def describe(self) -> dict[str, Any]:
        """The model's facts."""
        return {**self._model.describe(), "backend": "grounded"}

    def close(self) -> None:
        """Close the model."""
        self._model.close()

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        """See Backend.stream. Every candidate is an answer of its own: each has a source to be judged."""
        answer = several(request, self._grounded) if request.articles else ungrounded(self.name, self._model, request)
        async with aclosing(answer) as chunks:  # type: ignore[type-var]
            async for chunk in chunks:
                yield chunk

    async def _grounded(self, request: Request) -> AsyncIterator[Chunk]:
        case, spent_ms = await self._case(request)
        answer = _Answer(self.name, self._model, request, case, spent_ms)
        async with aclosing(answer.stream()) as chunks:  # type: ignore[type-var]
            async for chunk in chunks:
                yield chunk

    async def prompt_tokens(self, request: Request) -> int:
        """The model's count."""
        return await registry.prompt_tokens(replace(request, backend=self._model_name))

    async def _case(self, request: Request) -> tuple[Case, float]:
        """What is known about the question, and the processor time (ms) that finding it took."""
        knowledge = await current()
        question, language = question_of(request), language_of(request)
        learned = getattr(self._model, "topics", None)
        before = question_before(request)
        found = await evidence(question, language, knowledge, learned, before)
        case = Case(question, language, knowledge, _teaching(self._model), found.prior, found.hits, self._limits)
        by_meaning, seed = found.by_meaning and not before, request.sampling.seed
        return replace(case, seed=seed, by_meaning=by_meaning, seconded=request.seconded), found.cpu_ms


async def ungrounded(name: str, model: Backend, request: Request) -> AsyncIterator[Chunk]:
    """The model's own words, for a request that wants no articles; the article that it may name is of no account."""
    decision = Decision(name, ARTICLES_OFF)
    told = False
    async with aclosing(model.stream(request)) as chunks:  # type: ignore[type-var]
        async for chunk in chunks:
            if chunk.text and not told:
                told = True
                yield Chunk(decision=decision)
            if chunk.completion is not None:
                yield replace(chunk, completion=with_decision(chunk.completion, name, decision))
            elif chunk.citation is None:
                yield chunk


def _teaching(model: Backend) -> Teaching:
    return getattr(model, "teaching", Teaching())


class _Answer:
    """One answer on its way; `plan` is known once the model has named its source."""

    def __init__(self, name: str, model: Backend, request: Request, case: Case, spent_ms: float) -> None:
        self._name, self._model, self._request, self._case = name, model, request, case
        self._spent_ms = spent_ms
        self._began = time.monotonic()
        self._plan: Plan | None = None
        self._prior: Mapping[str, float] = {}  # as the model was told it, which it may have been before it was loaded
        self._begins = True

    async def stream(self) -> AsyncIterator[Chunk]:
        """All of it."""
        parts = [self._model_until_judged, self._known_text, self._model_goes_on]
        for part in parts:
            async with aclosing(part()) as chunks:  # type: ignore[type-var]
                async for chunk in chunks:
                    yield chunk

    @property
    def _said(self) -> Decision:
        plan = self._plan or Plan(Decision())
        decision = replace(plan.decision, answered_by=self._name)
        prior = priors.noted(self._prior, self._case.teaching.slugs) if plan.text is None else {}
        return replace(decision, explanation={**decision.explanation, "prior": prior}) if prior else decision

    async def _model_until_judged(self) -> AsyncIterator[Chunk]:
        """The model's answer; it is closed as soon as its own words are not what will be said."""
        self._plan = untaught(self._case)
        if self._plan is not None:
            yield Chunk(decision=self._said)
            return
        # A continued answer is judged as it was at first, from the question alone, and then asked for by its own id.
        key = f"{self._request.id}-source" if self._request.prefix else self._request.id
        self._prior = self._case.source_prior()
        asked = replace(self._request, source_prior=self._prior, prefix="", id=key)
        async with aclosing(self._model.stream(asked)) as chunks:  # type: ignore[type-var]
            async for chunk in chunks:
                if self._plan is None and chunk.waiting is None and chunk.finish_reason not in BROKEN:
                    # Now the model is loaded, which it may not have been when the question came.
                    self._case = replace(self._case, teaching=_teaching(self._model))
                    self._plan = judge(self._case, chunk.citation)
                    yield Chunk(decision=self._said, citation=chunk.citation)
                elif self._plan is not None and chunk.text and self._turned_by(chunk.text):
                    yield Chunk(decision=self._said)
                if self._plan is not None and (self._plan.text is not None or self._request.prefix):
                    return
                yield self._recorded(chunk)

    def _turned_by(self, text: str) -> bool:
        """Whether the model's first words show that the article has to be quoted instead."""
        begins, self._begins = self._begins, False
        other = in_another_language(self._case, self._plan or Plan(Decision()), text) if begins else None
        self._plan = other or self._plan
        return other is not None

    async def _known_text(self) -> AsyncIterator[Chunk]:
        """The published article or the refusal, if that is what will be said."""
        if self._plan is None or self._plan.text is None:
            return
        speech, first_ms = Speech(self._plan.text, self._request), None
        async with aclosing(speech.chunks()) as chunks:  # type: ignore[type-var]
            async for chunk in chunks:
                first_ms = first_ms or self._ms()
                yield chunk
        yield Chunk(finish_reason=speech.finish, completion=self._record(speech.tokens, first_ms))

    async def _model_goes_on(self) -> AsyncIterator[Chunk]:
        """The rest of an answer in the model's own words that was cut short."""
        if self._plan is None or self._plan.text is not None or not self._request.prefix:
            return
        async with aclosing(self._model.stream(self._request)) as chunks:  # type: ignore[type-var]
            async for chunk in chunks:
                yield self._recorded(chunk)

    def _recorded(self, chunk: Chunk) -> Chunk:
        """The model's chunk, with our decision in its record."""
        if chunk.completion is None:
            return replace(chunk, citation=None)
        completion = with_decision(chunk.completion, self._name, self._said)
        return replace(chunk, completion=replace(completion, cpu_ms=self._spent_ms + (completion.cpu_ms or 0.0)))

    def _record(self, tokens: int, first_ms: float | None) -> Completion:
        facts = self._model.describe()
        names = str(facts.get("checkpoint", "")), str(facts.get("checkpoint_sha256", ""))
        blank = Completion(self._name, *names, 0, 0, tokens, 0.0, first_ms, self._ms())
        return replace(with_decision(blank, self._name, self._said), cpu_ms=self._spent_ms)

    def _ms(self) -> float:
        return 1000 * (time.monotonic() - self._began)
