"""The figures of a generation record: the backend's, those that we count ourselves, and sums after Continue."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

from chat.models import Generation
from inference import Chunk, Completion

Facts = dict[str, Any]


class Tally:
    """What can be counted from outside, for a reply whose backend gives no record because it was cancelled."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._first: float | None = None
        self._tokens = 0

    def count(self, chunk: Chunk) -> None:
        """Note a piece of text."""
        if self._first is None:
            self._first = time.monotonic()
        self._tokens += chunk.token_count

    def facts(self) -> Facts:
        """Tokens and times so far."""
        first_ms = None if self._first is None else (self._first - self._started) * 1000
        return {
            "completion_tokens": self._tokens,
            "first_token_ms": first_ms,
            "total_ms": (time.monotonic() - self._started) * 1000,
        }


def facts_of(completion: Completion | None) -> Facts:
    """A backend's record as fields of ours; empty when there is none."""
    if completion is None:
        return {}
    return {**dataclasses.asdict(completion), "sources": list(completion.sources)}


def added(before: Generation, facts: Facts) -> Facts:
    """The facts of a reply that was continued: this part's and the earlier part's together."""
    if not before.completion_tokens:
        return facts
    return {
        **facts,
        "completion_tokens": before.completion_tokens + (facts.get("completion_tokens") or 0),
        "total_ms": (before.total_ms or 0) + (facts.get("total_ms") or 0),
        "first_token_ms": before.first_token_ms,
        "mean_logprob": _mean(before, facts),
        "min_logprob": _least(before.min_logprob, facts.get("min_logprob")),
    }


def _mean(before: Generation, facts: Facts) -> float | None:
    mean, tokens = facts.get("mean_logprob"), facts.get("completion_tokens") or 0
    if before.mean_logprob is None or mean is None:
        return before.mean_logprob if mean is None else mean
    earlier = before.completion_tokens or 0
    return (before.mean_logprob * earlier + mean * tokens) / (earlier + tokens)


def _least(*values: float | None) -> float | None:
    return min((value for value in values if value is not None), default=None)
