"""Several answers of their own as one stream of candidates."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from inference.backends.candidates import several
from inference.errors import Overloaded
from inference.types import Request
from tests.inference.knowing import ask
from tests.scripted import Raise, ScriptedBackend


async def test_one_candidate_is_the_request_itself():
    model, request = ScriptedBackend(), ask("Hello", seed=3)
    [chunk async for chunk in several(request, model.stream)]
    assert model.requests == [request]


async def test_candidates_have_an_index_a_seed_and_an_id_of_their_own():
    model = ScriptedBackend(scripts=[["a"], ["b"], ["c"]])
    chunks = [chunk async for chunk in several(ask("Hello", n=3, seed=3), model.stream)]
    assert sorted((chunk.index, chunk.text) for chunk in chunks if chunk.text) == [(0, "a"), (1, "b"), (2, "c")]
    assert sorted(chunk.index for chunk in chunks if chunk.finish_reason) == [0, 1, 2]
    assert [(one.sampling.n, one.sampling.seed) for one in model.requests] == [(1, 3), (1, 4), (1, 5)]
    assert len({one.id for one in model.requests}) == 3


async def test_without_a_seed_each_is_left_to_chance():
    model = ScriptedBackend()
    [chunk async for chunk in several(ask("Hello", n=2), model.stream)]
    assert [one.sampling.seed for one in model.requests] == [None, None]


async def test_closing_ends_them_all():
    model = ScriptedBackend(scripts=[["a", asyncio.Event()], ["b", asyncio.Event()]])
    heard: set[int] = set()
    async with aclosing(several(ask("Hello", n=2), model.stream)) as chunks:  # type: ignore[type-var]
        async for chunk in chunks:
            heard.add(chunk.index)
            if len(heard) == 2:
                break
    assert len(model.cancelled) == 2


async def test_a_refusal_of_one_is_a_refusal_of_all():
    model = ScriptedBackend(scripts=[["a", asyncio.Event()], [Raise(Overloaded("full"))]])
    with pytest.raises(Overloaded):
        [chunk async for chunk in several(ask("Hello", n=2), model.stream)]
    assert [isinstance(one, Request) for one in model.cancelled] == [True, True]
