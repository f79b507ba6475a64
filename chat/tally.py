"""A generation record: the backend's, what is known before its end, what we count ourselves, sums after Continue."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from typing import Any

from chat.journal import storable
from chat.metrics import Measures
from chat.models import Generation
from inference import Chunk, Completion, Decision, Request, Role, priors

Facts = dict[str, Any]

# Of an explanation, which comes from outside and is stored with every reply.
MAX_TEXT, MAX_ITEMS, MAX_DEPTH = 200, 20, 8
MAX_INSTRUCTIONS = 2000


class Tally:
    """What is known from outside, for a reply whose backend gives no record because it was cancelled."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._first: float | None = None
        self._tokens = 0
        self._decided: Facts = {}
        self._completion: Completion | None = None
        self._instructions = ""

    def asked(self, request: Request) -> None:
        """Note what the engine is told beside the conversation; the turns themselves are stored."""
        told = [turn.content for turn in request.messages if turn.role is Role.SYSTEM]
        self._instructions = "\n\n".join(told)[:MAX_INSTRUCTIONS]

    def with_asked(self, facts: Facts) -> Facts:
        """The facts with what was noted of the question."""
        if not self._instructions:
            return facts
        return {**facts, "explanation": {**(facts.get("explanation") or {}), "instructions": self._instructions}}

    def count(self, chunk: Chunk) -> None:
        """Note a piece of text."""
        if self._first is None:
            self._first = time.monotonic()
        self._tokens += chunk.token_count

    def decided(self, decision: Decision) -> None:
        """Note who answers and why, which is known before the first word."""
        self._decided = _as_fields(decision)

    def completed(self, completion: Completion | None) -> None:
        """Note the backend's own record, which comes with its last chunk."""
        self._completion = completion

    def measures(self) -> Measures:
        """What this part of the answer took: times as the visitor had them, tokens as the backend counts them."""
        known, record = self.facts(), self._completion
        return Measures(
            engine=(record.answered_by or record.backend if record else "") or known.get("answered_by", ""),
            wait_s=record.queue_ms / 1000 if record else None,
            first_token_s=None if known["first_token_ms"] is None else known["first_token_ms"] / 1000,
            total_s=known["total_ms"] / 1000,
            prompt_tokens=record.prompt_tokens if record else None,
            completion_tokens=record.completion_tokens if record else known["completion_tokens"],
        )

    def facts(self) -> Facts:
        """Tokens, times and the decision so far."""
        first_ms = None if self._first is None else (self._first - self._started) * 1000
        return {
            **self._decided,
            "completion_tokens": self._tokens,
            "first_token_ms": first_ms,
            "total_ms": (time.monotonic() - self._started) * 1000,
        }


def facts_of(completion: Completion | None) -> Facts:
    """A backend's record as fields of ours; empty when there is none."""
    if completion is None:
        return {}
    return _as_fields(completion)


def bounded(value: Any, depth: int = MAX_DEPTH) -> Any:
    """Plain JSON of a size that can be stored with every reply: long texts, long lists and deep nests are cut."""
    if isinstance(value, str):
        return storable(value[:MAX_TEXT])
    if value is None or isinstance(value, bool | int | float):
        return value
    if not depth:
        return None
    if isinstance(value, Mapping):
        return {
            storable(str(key)[:MAX_TEXT]): bounded(item, depth - 1) for key, item in list(value.items())[:MAX_ITEMS]
        }
    if isinstance(value, list | tuple):
        return [bounded(item, depth - 1) for item in value[:MAX_ITEMS]]
    return str(value)[:MAX_TEXT]


def _as_fields(record: Completion | Decision) -> Facts:
    facts = {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
    return {**facts, "sources": list(record.sources), "explanation": _explanation(record.explanation)}


def _explanation(told: Mapping[str, Any]) -> Any:
    """Bounded; retrieval's prior, which is a number for each article, has a bound of its own."""
    prior = priors.recalled({"prior": dict(list((told.get("prior") or {}).items())[: priors.MOST])})
    kept = bounded({key: value for key, value in told.items() if key != "prior"})
    return {**kept, "prior": {slug[:MAX_TEXT]: value for slug, value in prior.items()}} if prior else kept


def added(before: Generation, facts: Facts) -> Facts:
    """The facts of a reply that was continued: this part's and the earlier part's together."""
    if not before.completion_tokens:
        return facts
    return {
        **facts,
        **_first_decision(before),
        "completion_tokens": before.completion_tokens + (facts.get("completion_tokens") or 0),
        "total_ms": (before.total_ms or 0) + (facts.get("total_ms") or 0),
        "cpu_ms": _sum(before.cpu_ms, facts.get("cpu_ms")),
        "first_token_ms": before.first_token_ms,
        "mean_logprob": _mean(before, facts),
        "min_logprob": _least(before.min_logprob, facts.get("min_logprob")),
    }


def _first_decision(before: Generation) -> Facts:
    """Who answered and from what was decided when the reply began; nothing if that was never noted."""
    if not before.answered_by:
        return {}
    return {field.name: getattr(before, field.name) for field in dataclasses.fields(Decision)}


def _sum(before: float | None, now: float | None) -> float | None:
    """Unknown when a part is."""
    return None if before is None or now is None else before + now


def _mean(before: Generation, facts: Facts) -> float | None:
    mean, tokens = facts.get("mean_logprob"), facts.get("completion_tokens") or 0
    if before.mean_logprob is None or mean is None:
        return before.mean_logprob if mean is None else mean
    earlier = before.completion_tokens or 0
    return (before.mean_logprob * earlier + mean * tokens) / (earlier + tokens)


def _least(*values: float | None) -> float | None:
    return min((value for value in values if value is not None), default=None)
