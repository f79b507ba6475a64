"""What another server streams, as chunks of ours, and the record of each candidate."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from inference.backends.records import with_decision
from inference.backends.upstream.faults import CONTENT_FILTER, filtered
from inference.backends.upstream.logprobs import token_logprobs
from inference.errors import InferenceError, StreamBroken
from inference.types import Chunk, Completion, Decision, FinishReason, Request, TokenLogprob

FINISH = {"stop": FinishReason.STOP, "length": FinishReason.LENGTH}
MAX_SOURCES, MAX_NAME = 20, 64
BROKEN = ("error", "cancelled")  # the second is another Duologue's


@dataclass(slots=True)
class Candidate:
    """One answer as far as it has come."""

    said: bool = False
    ended: str = ""  # the server's reason
    tokens: int = 0
    first_ms: float | None = None
    logprobs: list[float] = field(default_factory=list)


class Reader:
    """Reads one response. `first` is the index of its first candidate among those that the request asks for."""

    def __init__(self, name: str, model: str, request: Request, knows_articles: bool = False, first: int = 0) -> None:
        self._name, self._model, self._request = name, model, request
        self._knows_articles, self._first = knows_articles, first
        self._began = time.monotonic()
        self._usage: tuple[int, int] | None = None
        self._decision = Decision(answered_by=name)
        self._told = False
        self.candidates: dict[int, Candidate] = {}

    @property
    def begun(self) -> bool:
        """Whether there is a word that may have been shown."""
        return any(candidate.said for candidate in self.candidates.values())

    @property
    def ended(self) -> bool:
        """Whether every candidate has its end marker."""
        return len(self.candidates) >= self._request.sampling.n and not self._open()

    @property
    def missing(self) -> list[int]:
        """Candidates that the server has not heard of."""
        return [index for index in range(self._request.sampling.n) if index not in self.candidates]

    def read(self, event: Any) -> tuple[list[Chunk], bool]:
        """The chunks of a server's event, and whether the model did anything. Raises whatever nonsense leads to."""
        usage = event.usage
        if usage is not None:
            self._usage = int(usage.prompt_tokens or 0), int(usage.completion_tokens or 0)
        chunks = list(self._decided(event))
        alive = False
        for choice in event.choices or ():
            alive = self._alive(choice) or alive
            chunks += self._of_choice(choice)
        return chunks, alive

    def ends(self) -> Iterator[Chunk]:
        """The last chunk of each candidate, once the server has no more to say. Raises StreamBroken or the like."""
        if not self.candidates or self._open():
            raise StreamBroken(f"The stream of upstream {self._name} has no end marker.")
        if not self.begun and not self._request.prefix:
            raise self._fault_of(next(iter(self.candidates.values()))) or self._empty()
        for index, candidate in self.candidates.items():
            error = self._fault_of(candidate)
            if error is None and not candidate.said and not self._request.prefix:
                error = self._empty()
            yield self._last(index, error)

    def broken(self, error: InferenceError) -> Iterator[Chunk]:
        """The last chunk of each candidate of a response that broke off."""
        for index, candidate in sorted(self.candidates.items()):
            yield self._last(index, None if candidate.ended and candidate.said else error)
        for index in self.missing:
            yield self._last(index, error)

    def _open(self) -> list[Candidate]:
        return [candidate for candidate in self.candidates.values() if not candidate.ended]

    @staticmethod
    def _alive(choice: Any) -> bool:
        """Words, or thoughts that are not shown, in the two spellings that servers use."""
        delta = choice.delta
        hidden = getattr(delta, "reasoning_content", None) or getattr(delta, "reasoning", None)
        return bool(delta is not None and (delta.content or hidden))

    def _of_choice(self, choice: Any) -> Iterator[Chunk]:
        index = int(choice.index or 0)
        if not 0 <= index < self._request.sampling.n:
            raise ValueError("an index that was not asked for")
        candidate = self.candidates.setdefault(index, Candidate())
        text = (choice.delta.content if choice.delta is not None else None) or ""
        if not isinstance(text, str):
            raise TypeError("text that is none")
        if text:
            yield from self._tell()
            logprobs = token_logprobs(choice.logprobs)
            yield Chunk(text, self._first + index, self._count(candidate, logprobs), self._asked(logprobs))
        candidate.ended = str(choice.finish_reason or candidate.ended)

    def _asked(self, logprobs: tuple[TokenLogprob, ...]) -> tuple[TokenLogprob, ...]:
        return logprobs if self._request.sampling.top_logprobs is not None else ()

    def _count(self, candidate: Candidate, logprobs: tuple[TokenLogprob, ...]) -> int:
        """Tokens of a piece of text: as many as have a log probability, else one, as servers send them."""
        count = len(logprobs) or 1
        candidate.said = True
        candidate.tokens += count
        candidate.logprobs += [token.logprob for token in logprobs]
        candidate.first_ms = candidate.first_ms or self._ms()
        return count

    def _decided(self, event: Any) -> Iterator[Chunk]:
        told = (event.model_extra or {}).get("duologue") if self._knows_articles else None
        if isinstance(told, Mapping):
            self._decision = decision_of(self._name, told)
            self._told = True
            yield Chunk(decision=self._decision)

    def _tell(self) -> Iterator[Chunk]:
        """Who answers, before the first word, when the server has nothing to say about that."""
        if not self._told:
            self._told = True
            yield Chunk(decision=self._decision)

    def _fault_of(self, candidate: Candidate) -> InferenceError | None:
        if candidate.ended == CONTENT_FILTER:
            return filtered(self._name)
        return StreamBroken(f"Upstream {self._name} ended with an error.") if candidate.ended in BROKEN else None

    def _empty(self) -> StreamBroken:
        return StreamBroken(f"The answer of upstream {self._name} has no words.")

    def _last(self, index: int, error: InferenceError | None) -> Chunk:
        candidate = self.candidates.get(index, Candidate())
        reason = FinishReason.ERROR if error else FINISH.get(candidate.ended, FinishReason.STOP)
        record = self._record(candidate)
        return Chunk("", self._first + index, finish_reason=reason, completion=record, error=error)

    def _record(self, candidate: Candidate) -> Completion:
        prompt, tokens = self._usage or (0, candidate.tokens)
        if self._request.sampling.n > 1:  # the server counts them together
            tokens = candidate.tokens
        known = candidate.logprobs
        figures: dict[str, Any] = {"mean_logprob": sum(known) / len(known), "min_logprob": min(known)} if known else {}
        blank = Completion(
            *(self._name, self._model, "", prompt, 0, tokens, 0.0, candidate.first_ms, self._ms()),
            **figures,
            seed=self._request.sampling.seed,
        )
        return with_decision(blank, self._name, self._decision)

    def _ms(self) -> float:
        return 1000 * (time.monotonic() - self._began)


def decision_of(name: str, told: Mapping[str, Any]) -> Decision:
    """What another Duologue says about its answer; whatever has not the form that it should have is left out.

    The answer is this backend's, which is the one to ask for its continuation; the engine there is in the explanation.
    """
    sources, confidence = told.get("sources"), told.get("confidence")
    sure = isinstance(confidence, int | float) and not isinstance(confidence, bool) and 0 <= confidence <= 1
    return Decision(
        name,
        _name_in(told.get("reason")),
        float(confidence) if sure and confidence is not None else None,
        tuple(filter(None, map(_name_in, sources[:MAX_SOURCES]))) if isinstance(sources, list) else (),
        told.get("abstained") is True,
        {"upstream": {"answered_by": _name_in(told.get("answered_by"))}},
    )


def _name_in(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= MAX_NAME and value.isprintable() else ""
