"""inference/backends/paced.py: words that say when they were due."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest

from inference.backends.paced import PacedBackend
from inference.errors import InvalidRequest
from inference.types import BackendState, ChatMessage, Chunk, FinishReason, Request, Role


async def said(text: str) -> list[Chunk]:
    return [chunk async for chunk in PacedBackend().stream(Request((ChatMessage(Role.USER, text),)))]


async def test_words_are_due_at_a_steady_pace_up_to_the_end():
    end = time.time() + 0.2
    *words, last = await said(f"100 {end}")
    due = [float(word.text) for word in words]
    assert [round(after - before, 3) for before, after in pairwise(due)] == [0.01] * (len(due) - 1)
    assert end - 0.03 < due[-1] <= end
    assert (last.finish_reason, last.completion and last.completion.completion_tokens) == (FinishReason.STOP, len(due))


async def test_an_end_that_is_over_is_an_answer_without_words():
    assert [chunk.finish_reason for chunk in await said("10 0")] == [FinishReason.STOP]


@pytest.mark.parametrize("text", ["Hello", "10", "10 x"])
async def test_anything_else_is_refused(text: str):
    with pytest.raises(InvalidRequest):
        await said(text)


def test_it_is_ready_at_once():
    backend = PacedBackend()
    backend.start()
    assert (backend.status().state, backend.describe()["backend"]) == (BackendState.READY, "paced")
    backend.close()
