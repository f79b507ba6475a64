"""inference/backends/fallback.py: who answers when the first does not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.conf import settings

import inference
from inference.backends.fallback import FallbackBackend
from inference.errors import (
    BackendUnavailable,
    InferenceError,
    InvalidRequest,
    Overloaded,
    StreamBroken,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from inference.types import BackendState, ChatMessage, Decision, FinishReason, Role, Status
from tests.inference.knowing import answer, ask
from tests.scripted import Fail, Raise, ScriptedBackend

DOWN = UpstreamUnreachable("down")


@pytest.fixture
def backends() -> Iterator[list[ScriptedBackend]]:
    entry = {"BACKEND": "tests.scripted.ScriptedBackend"}
    inference.configure({"a": entry, "b": entry, "c": entry})
    found = [inference.get_backend(name) for name in "abc"]
    yield [backend for backend in found if isinstance(backend, ScriptedBackend)]
    inference.configure(settings.INFERENCE)


@pytest.fixture
def both(backends: list[ScriptedBackend]) -> FallbackBackend:
    return FallbackBackend("default", ["a", "b"])


async def test_the_first_answers_as_if_it_were_alone(both: FallbackBackend, backends: list[ScriptedBackend]):
    reply = await answer(both, ask("Hi"))
    assert (reply.text, reply.decisions, reply.record.reason) == ("Hello there.", [], "")
    assert [len(backend.requests) for backend in backends] == [1, 0, 0]


@pytest.mark.parametrize(
    "error", [DOWN, BackendUnavailable("no"), Overloaded("full"), UpstreamTimeout("late"), StreamBroken("odd")]
)
@pytest.mark.parametrize("step", [Raise, Fail])
async def test_the_next_answers_when_the_first_says_not_a_word(
    both: FallbackBackend, backends: list[ScriptedBackend], error: InferenceError, step: type[Raise] | type[Fail]
):
    backends[0].scripts = [[step(error)]]
    reply = await answer(both, ask("Hi"))
    told = {"fallback": {"instead_of": {"a": error.code}, "reason": ""}}
    assert reply.text == "Hello there."
    assert reply.decisions == [Decision("b", "fallback", explanation=told)]
    record = reply.record
    assert (record.answered_by, record.reason, record.explanation) == ("b", "fallback", told)
    assert [chunk.finish_reason for chunk in reply.chunks if chunk.finish_reason] == [FinishReason.STOP]


async def test_after_the_first_word_it_is_that_ones_answer(both: FallbackBackend, backends: list[ScriptedBackend]):
    backends[0].scripts = [["Hel", Fail(DOWN)], ["Hel", Raise(DOWN)]]
    reply = await answer(both, ask("Hi"))
    assert (reply.text, reply.chunks[-1].error, backends[1].requests) == ("Hel", DOWN, [])
    with pytest.raises(UpstreamUnreachable):
        await answer(both, ask("Hi"))
    assert backends[1].requests == []


async def test_a_mistake_in_the_request_is_everybodys(both: FallbackBackend, backends: list[ScriptedBackend]):
    backends[0].scripts = [[Raise(InvalidRequest("odd"))]]
    with pytest.raises(InvalidRequest):
        await answer(both, ask("Hi"))
    assert backends[1].requests == []


async def test_one_that_failed_is_left_alone_and_then_tried_by_one(backends: list[ScriptedBackend]):
    both = FallbackBackend("default", ["a", "b"])
    backends[0].scripts = [[Raise(DOWN)]]
    for _ in range(3):
        reply = await answer(both, ask("Hi"))
    assert [len(backend.requests) for backend in backends] == [1, 3, 0]
    assert reply.record.explanation["fallback"]["instead_of"] == {"a": "resting"}
    assert both.describe()["resting"] == ["a"]

    both._circuits["a"].pause_s = 0.0
    said = asyncio.Event()
    backends[0].scripts = [[said, "I am back."]]
    trial = asyncio.create_task(answer(both, ask("Hi")))
    while len(backends[0].requests) < 2:
        await asyncio.sleep(0)
    assert (await answer(both, ask("Hi"))).text == "Hello there."
    assert len(backends[0].requests) == 2
    said.set()
    assert (await trial).text == "I am back."
    assert both.describe()["resting"] == []


async def test_a_trial_that_is_stopped_leaves_the_way_open_for_another(backends: list[ScriptedBackend]):
    both = FallbackBackend("default", ["a", "b"], pause_s=0.0)
    backends[0].scripts = [[Raise(DOWN)], [asyncio.Event()], ["Back."]]
    await answer(both, ask("Hi"))
    trial = asyncio.create_task(answer(both, ask("Hi")))
    while len(backends[0].requests) < 2:
        await asyncio.sleep(0)
    trial.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trial
    assert (await answer(both, ask("Hi"))).text == "Back."


async def test_the_pause_is_the_one_that_was_asked_for(both: FallbackBackend, backends: list[ScriptedBackend]):
    backends[0].scripts = [[Raise(Overloaded("full", 0.0))]]
    await answer(both, ask("Hi"))
    assert (await answer(both, ask("Hi"))).record.reason == ""


async def test_when_all_fail_the_last_error_is_told_and_the_last_is_asked_again(
    both: FallbackBackend, backends: list[ScriptedBackend]
):
    backends[0].scripts = [[Raise(DOWN)]]
    backends[1].scripts = [[Raise(Overloaded("full"))]]
    with pytest.raises(Overloaded):
        await answer(both, ask("Hi"))
    assert (await answer(both, ask("Hi"))).text == "Hello there."
    assert [len(backend.requests) for backend in backends] == [1, 2, 0]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ((BackendState.READY, BackendState.FAILED), BackendState.READY),
        ((BackendState.FAILED, BackendState.READY), BackendState.READY),
        ((BackendState.STARTING, BackendState.READY), BackendState.READY),
        ((BackendState.FAILED, BackendState.STARTING), BackendState.STARTING),
        ((BackendState.FAILED, BackendState.FAILED), BackendState.FAILED),
    ],
)
def test_it_can_answer_as_long_as_one_can(
    both: FallbackBackend,
    backends: list[ScriptedBackend],
    states: tuple[BackendState, BackendState],
    expected: BackendState,
):
    for backend, state in zip(backends, states, strict=False):
        backend.shown = Status(state)
    assert both.status().state is expected


def test_all_are_started_and_closed(both: FallbackBackend, backends: list[ScriptedBackend]):
    both.start()
    both.close()
    assert [(backend.started, backend.closed) for backend in backends] == [(1, 1), (1, 1), (0, 0)]
    assert both.describe()["backends"] == ["a", "b"]
    with pytest.raises(InvalidRequest):
        FallbackBackend("default")


async def test_a_small_model_that_stands_in_for_a_large_one_is_asked_what_it_can_do(
    both: FallbackBackend, backends: list[ScriptedBackend]
):
    told = (ChatMessage(Role.SYSTEM, "You are a tutor."), ChatMessage(Role.USER, "Hi"))
    request = replace(ask("Hi"), messages=told, articles=False, schema={"type": "object"})
    for large, asked in ((True, (told[1:], True, {})), (False, (told, False, {"type": "object"}))):
        setattr(backends[0], "large", large)  # noqa: B010 - the script's class knows nothing of it
        both = FallbackBackend("default", ["a", "b"])
        backends[0].scripts = [[Raise(DOWN)]]
        await answer(both, request)
        given = backends[1].requests[-1]
        assert (given.messages, given.articles, given.schema) == asked
