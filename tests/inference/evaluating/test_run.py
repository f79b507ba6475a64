"""How engines are asked: several questions at a time, each engine alone, an error or a stop losing nothing else."""

from __future__ import annotations

import asyncio

import pytest

from inference.errors import BackendUnavailable, GenerationError, MessageTooLong, Overloaded
from inference.evaluating.answers import Outcome
from inference.evaluating.questions import Question
from inference.evaluating.run import Options, run
from inference.types import ChatMessage, Chunk, FinishReason, Role, Sampling
from tests.inference.evaluating.answering import cites, engines

QUESTIONS = [Question(f"Where? {n}", "cardarrival", "en", n) for n in range(6)]
ALL = {question.text: cites("card-arrival") for question in QUESTIONS}


def nothing(name: str, done: int) -> None:
    """Nobody looks on."""


async def test_every_question_goes_to_every_engine():
    news: list[tuple[str, int]] = []
    found = engines(a=dict(ALL), b=dict(ALL))
    options = Options(Sampling(max_new_tokens=9), "Be kind.", streams=2)
    result = await run(QUESTIONS, ["a", "b"], options, lambda *item: news.append(item))
    assert news == [(name, n) for name in "ab" for n in range(1, 7)]
    assert [sorted(engine.answers) for engine in result.engines] == [list(range(6))] * 2
    assert [backend.most_running for backend in found.values()] == [2, 2]
    request = found["b"].requests[0]
    assert (request.backend, request.language, request.sampling.max_new_tokens) == ("b", "en", 9)
    assert request.messages == (ChatMessage(Role.SYSTEM, "Be kind."), ChatMessage(Role.USER, "Where? 0"))


async def test_the_first_question_is_asked_once_more_before_the_clock_runs():
    backend = engines(a=dict(ALL))["a"]
    result = await run(QUESTIONS, ["a"], Options(), nothing)
    assert sorted(request.messages[0].content for request in backend.requests) == sorted([*ALL, "Where? 0"])
    assert result.engines[0].cpu_s > 0
    assert result.engines[0].wall_s > 0


@pytest.mark.parametrize(
    ("step", "code"),
    [
        (MessageTooLong("513"), "message_too_long"),
        (Chunk(finish_reason=FinishReason.ERROR, error=GenerationError("boom")), "generation_error"),
        (Chunk(text="gone"), "generation_error"),
    ],
)
async def test_an_error_is_that_questions_own(step: object, code: str):
    engines(a={**ALL, "Where? 3": step})
    answers = (await run(QUESTIONS, ["a"], Options(), nothing)).engines[0].answers
    assert (answers[3].outcome, answers[3].error) == (Outcome.FAILED, code)
    assert [answers[n].outcome for n in (0, 1, 2, 4, 5)] == [Outcome.RIGHT] * 5


async def test_a_full_queue_is_waited_for():
    engines(a={**ALL, "Where? 2": [Overloaded("full", 0.0), Overloaded("full", 0.0), cites("card-arrival")]})
    answers = (await run(QUESTIONS, ["a"], Options(), nothing)).engines[0].answers
    assert answers[2].outcome is Outcome.RIGHT


async def test_an_engine_that_cannot_answer_ends_the_run():
    engines(a={**ALL, "Where? 2": BackendUnavailable("No weights.")})
    with pytest.raises(BackendUnavailable, match=r"^No weights\.$"):
        await run(QUESTIONS, ["a"], Options(), nothing)


async def test_a_stop_keeps_what_was_answered():
    asked = asyncio.Event()

    async def never() -> None:
        asked.set()
        await asyncio.Event().wait()

    engines(a=dict(ALL), b={**ALL, "Where? 4": never}, c=dict(ALL))
    task = asyncio.create_task(run(QUESTIONS, ["a", "b", "c"], Options(streams=1), nothing))
    await asked.wait()
    task.cancel()
    result = await task
    assert result.stopped
    assert {engine.name: len(engine.answers) for engine in result.engines} == {"a": 6, "b": 4}
