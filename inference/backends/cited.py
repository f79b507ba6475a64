"""Any chat model, told the articles that fit the question, and held to say which of them its answer is from.

This is retrieval-augmented generation (Lewis et al. 2020, arXiv 2005.11401) for models that were never taught the
articles; the model's own confidence is not known, so a record holds none.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from inference import registry
from inference.backends.base import Backend
from inference.backends.questions import language_of, question_before, question_of
from inference.backends.records import with_decision
from inference.backends.upstream.body import with_instructions
from inference.citing import UNKNOWN, Marks, instructions, says_it_does_not_know
from inference.knowledge import Document, KnowledgeBase, current
from inference.retrieval.evidence import Evidence, evidence
from inference.types import Chunk, Decision, FinishReason, Request, Status

UNSURE = "unsure"


class CitedBackend:
    """Asks `model`, a name of INFERENCE or an entry as there, with the best `articles` articles in its prompt.

    Of those, one that retrieval scores below `near` of the best is left out.
    """

    def __init__(
        self,
        name: str = "cited",
        model: str | Mapping[str, Any] = "checkpoint",
        label: str = "",
        articles: int = 4,
        near: float = 0.3,
    ) -> None:
        self.name = name
        self.label = label
        self._entry = model
        self._built: Backend | None = None
        self._articles, self._near = articles, near

    @property
    def model(self) -> Backend:
        """The model without the articles."""
        if isinstance(self._entry, str):
            return registry.get_backend(self._entry)
        self._built = self._built or registry.build(self.name, self._entry)
        return self._built

    @property
    def large(self) -> bool:
        """As the model is."""
        return bool(getattr(self.model, "large", False))

    def start(self) -> None:
        """Begin to load the model."""
        self.model.start()

    def status(self) -> Status:
        """The model's."""
        return self.model.status()

    def describe(self) -> dict[str, Any]:
        """The model's facts."""
        return {**self.model.describe(), "backend": "cited"}

    def close(self) -> None:
        """Close the model."""
        self.model.close()

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        """See Backend.stream."""
        answer = await self._answer(request) if request.articles else None
        asked = request if answer is None else answer.request
        async with aclosing(self.model.stream(asked)) as chunks:  # type: ignore[type-var]
            async for chunk in chunks:
                for shown in [chunk] if answer is None else answer.shown(chunk):
                    yield shown

    async def _answer(self, request: Request) -> _Answer:
        knowledge = await current()
        question, language = question_of(request), language_of(request)
        found = await evidence(question, language, knowledge, None, question_before(request))
        chosen = self._chosen(found, knowledge, language)
        told = instructions(knowledge, chosen, question, language)
        asked = replace(request, messages=tuple(with_instructions(list(request.messages), told)))
        return _Answer(self.name, asked, knowledge, chosen, found)

    def _chosen(self, found: Evidence, knowledge: KnowledgeBase, language: str) -> list[Document]:
        least = self._near * max((hit.score for hit in found.hits), default=0.0)
        near = [hit.slug for hit in found.hits if hit.score >= least][: self._articles]
        return [document for slug in near if (document := knowledge.document(slug, language))]


class _Answer:
    """Answers on their way, one for each candidate, with the same articles before them."""

    def __init__(
        self, name: str, request: Request, knowledge: KnowledgeBase, chosen: list[Document], found: Evidence
    ) -> None:
        self.request = request
        self._name, self._knowledge, self._chosen, self._found = name, knowledge, chosen, found
        self._marks = [Marks(len(chosen)) for _ in range(request.sampling.n)]
        self._said = [request.prefix] * request.sampling.n

    def shown(self, chunk: Chunk) -> list[Chunk]:
        """What people get of a chunk of the model's."""
        marks = self._marks[chunk.index]
        if chunk.finish_reason is not None:
            return self._ended(chunk, marks)
        if not chunk.text:
            return [replace(chunk, decision=self._decision(0)) if chunk.decision is not None else chunk]
        known = len(marks.numbers)
        text = self._noted(chunk.index, marks.feed(chunk.text))
        news = [Chunk(decision=self._decision(0))] if len(marks.numbers) > known and chunk.index == 0 else []
        return [*news, replace(chunk, text=text)]

    def _ended(self, chunk: Chunk, marks: Marks) -> list[Chunk]:
        text = self._noted(chunk.index, marks.rest())
        rest = [Chunk(text, chunk.index)] if text else []
        if chunk.completion is None:
            return [*rest, chunk]
        ended = chunk.finish_reason is FinishReason.STOP
        record = with_decision(chunk.completion, self._name, self._decision(chunk.index, ended))
        cpu_ms = self._found.cpu_ms + (chunk.completion.cpu_ms or 0.0)
        return [*rest, replace(chunk, completion=replace(record, cpu_ms=cpu_ms))]

    def _noted(self, index: int, text: str) -> str:
        """The text as it is shown; an answer does not begin with the space after its first mark."""
        text = text if self._said[index] else text.lstrip()
        self._said[index] += text
        return text

    def _decision(self, index: int, ended: bool = False) -> Decision:
        """What the answer so far says it is from."""
        numbers = self._marks[index].numbers
        sources = tuple(dict.fromkeys(self._chosen[number - 1].slug for number in numbers if number != UNKNOWN))
        refuses = ended and says_it_does_not_know(self._said[index], self._knowledge)
        abstained = not sources and (UNKNOWN in numbers or refuses)
        found = [{"article": hit.slug, "score": round(hit.score, 4)} for hit in self._found.hits]
        told = {"retrieval": found, "in_prompt": [document.slug for document in self._chosen]}
        reason = UNSURE if abstained else ""
        return Decision(self._name, reason, None, sources, abstained, told)
