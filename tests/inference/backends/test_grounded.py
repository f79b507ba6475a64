"""GPT-2 with the knowledge base: only what the articles bear out goes out, whatever the model says."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace

import pytest

import inference
from inference import priors
from inference.backends.grounded import GroundedBackend
from inference.errors import BackendUnavailable, StepFailed
from inference.knowledge import EMPTY, Teaching
from inference.types import BackendState, Citation, FinishReason, Status, Waiting
from tests.inference.knowing import ARRIVAL, BASE, LIMIT, MORTGAGE, answer, ask
from tests.scripted import Fail, Raise, ScriptedBackend, Step

SURE: list[Step] = [Citation("card_arrival", 0.9), "Five ", "days."]


@pytest.fixture
def backend(model: ScriptedBackend) -> GroundedBackend:
    grounded = inference.get_backend("gpt2")
    assert isinstance(grounded, GroundedBackend)
    return grounded


async def test_the_models_words_go_out_with_their_source(backend: GroundedBackend, model: ScriptedBackend):
    model.scripts = [[Waiting("queued", 1), *SURE]]
    reply = await answer(backend, ask("Where is my new card?"))
    assert reply.text == "Five days."
    assert [chunk.waiting is not None for chunk in reply.chunks[:2]] == [True, False]
    record = reply.record
    assert (record.backend, record.answered_by, record.sources, record.confidence) == (
        *("gpt2", "gpt2", ("card_arrival",)),
        0.9,
    )
    assert (record.checkpoint, record.completion_tokens, record.abstained) == ("scripted", 3, False)
    assert [decision.sources for decision in reply.decisions] == [("card_arrival",)]
    best = record.explanation["retrieval"][0]
    assert (best["article"], best["matched"][-1]) == ("card_arrival", "card")


async def test_the_model_is_told_what_retrieval_found(backend: GroundedBackend, model: ScriptedBackend):
    model.scripts = [list(SURE)]
    await answer(backend, ask("Where is my new card?"))
    prior = model.requests[0].source_prior
    assert max(prior, key=lambda slug: prior[slug]) == "card_arrival"


async def test_what_retrieval_said_is_noted_where_the_model_speaks(backend: GroundedBackend, model: ScriptedBackend):
    model.scripts = [list(SURE), [Citation("top_up_limits", 0.9), "Up to 50."]]
    own = await answer(backend, ask("Where is my new card?"))
    assert own.record.explanation["prior"] == priors.noted(model.requests[0].source_prior, model.teaching.slugs)
    quoted = await answer(backend, ask("limits?"))
    assert "prior" not in quoted.record.explanation


async def test_a_changed_article_is_quoted_and_the_model_stopped_before_its_words(
    backend: GroundedBackend, model: ScriptedBackend
):
    model.scripts = [[Citation("top_up_limits", 0.9), "Up to 50."]]
    reply = await answer(backend, ask("limits?"))
    assert (reply.text, reply.record.reason, reply.record.sources) == (
        LIMIT.answer,
        "article_changed",
        ("top_up_limits",),
    )
    assert len(model.cancelled) == 1
    assert len([chunk for chunk in reply.chunks if chunk.text]) == len(LIMIT.answer.split())


async def test_a_new_article_is_quoted_without_asking_the_model(backend: GroundedBackend, model: ScriptedBackend):
    reply = await answer(backend, ask("I want a mortgage"))
    assert (reply.text, reply.record.reason, model.requests) == (MORTGAGE.answer, "article_unknown", [])


async def test_it_does_not_know_in_the_visitors_language(backend: GroundedBackend, model: ScriptedBackend):
    model.scripts = [[Citation("-oos", 0.9), "Paris."], [Citation("card_arrival", 0.4), "五天。"]]
    refusal = await answer(backend, ask("What is the capital of France?"))
    assert refusal.text in BASE.refusals["en"]
    doubt = await answer(backend, ask("东西还没有寄到"))
    assert doubt.text == f"{BASE.doubts['zh-hans'][0]}\n\n- [卡还没有寄到](/help/card_arrival/)"
    assert [(r.record.abstained, r.record.reason, r.record.sources) for r in (refusal, doubt)] == [
        (True, "unsure", ())
    ] * 2


async def test_an_english_question_gets_no_chinese_answer(backend: GroundedBackend, model: ScriptedBackend):
    model.scripts = [
        [Citation("card_arrival", 0.9), "卡片", "五天。"],
        [Citation("card_arrival", 0.9), "PIN", "卡片。"],
    ]
    english = await answer(backend, ask("my card"))
    assert (english.text, english.record.reason) == (ARRIVAL.answer, "wrong_language")
    assert (english.record.sources, english.record.confidence, len(model.cancelled)) == (("card_arrival",), 0.9, 1)
    assert (await answer(backend, ask("我的卡"))).text == "PIN卡片。"


async def test_what_the_model_was_taught_is_known_once_it_is_loaded(backend: GroundedBackend, model: ScriptedBackend):
    loaded, taught, model.teaching = asyncio.Event(), model.teaching, Teaching()
    model.scripts = [[Waiting("starting"), loaded, Citation("top_up_limits", 0.9), "Up to 50."]]
    reply = asyncio.create_task(answer(backend, ask("limits?")))
    while not model.requests:
        await asyncio.sleep(0.01)
    model.teaching = taught
    loaded.set()
    assert ((await reply).text, (await reply).record.reason) == (LIMIT.answer, "article_changed")


async def test_small_talk_passes(backend: GroundedBackend, model: ScriptedBackend):
    model.scripts = [[Citation("-talk", 0.7), "Hello!"]]
    reply = await answer(backend, ask("Hi"))
    assert (reply.text, reply.record.abstained, reply.record.sources) == ("Hello!", False, ())


async def test_words_before_any_citation_are_a_models_that_names_none(backend: GroundedBackend, model: ScriptedBackend):
    reply = await answer(backend, ask("Hello"))
    assert (reply.text, reply.record.reason) == ("Hello there.", "no_citation")


async def test_continuing_the_models_words(backend: GroundedBackend, model: ScriptedBackend):
    model.scripts = [list(SURE), ["days."]]
    reply = await answer(backend, ask("Where is my new card?", prefix="Five "))
    assert (reply.text, reply.record.sources) == ("days.", ("card_arrival",))
    probe, rest = model.requests
    assert (probe.prefix, rest.prefix, probe.id != rest.id) == ("", "Five ", True)
    assert model.cancelled == [probe]


@pytest.mark.parametrize(
    ("prefix", "text"), [("Up to ", "5,000 EUR a day."), ("Something else.", f"\n\n{LIMIT.answer}")]
)
async def test_continuing_a_quoted_article(backend: GroundedBackend, model: ScriptedBackend, prefix: str, text: str):
    model.scripts = [[Citation("top_up_limits", 0.9), "Up to 50."]]
    assert (await answer(backend, ask("limits?", prefix=prefix))).text == text


async def test_closing_the_answer_closes_the_models(backend: GroundedBackend, model: ScriptedBackend):
    model.scripts = [[Citation("card_arrival", 0.9), "Five ", asyncio.Event(), "days."]]
    async with aclosing(backend.stream(ask("Where is my new card?"))) as chunks:
        async for chunk in chunks:
            if chunk.text:
                break
    assert len(model.cancelled) == 1


async def test_a_failure_is_the_models_failure(backend: GroundedBackend, model: ScriptedBackend):
    model.scripts = [[Fail(StepFailed("x"))], [*SURE[:2], Fail(StepFailed("x"))], [Raise(BackendUnavailable("gone"))]]
    at_once = await answer(backend, ask("Hello"))
    later = await answer(backend, ask("Hello"))
    assert [reply.chunks[-1].finish_reason for reply in (at_once, later)] == [FinishReason.ERROR] * 2
    assert (at_once.decisions, at_once.record.answered_by, later.record.sources) == ([], "gpt2", ("card_arrival",))
    with pytest.raises(BackendUnavailable, match="gone"):
        await answer(backend, ask("Hello"))


async def test_candidates_are_judged_one_by_one(backend: GroundedBackend, model: ScriptedBackend):
    model.scripts = [list(SURE), [Citation("top_up_limits", 0.9), "Up to 50."]]
    reply = await answer(backend, ask("Where is my new card?", n=2, seed=4))
    texts = ["".join(chunk.text for chunk in reply.chunks if chunk.index == index) for index in (0, 1)]
    assert texts == ["Five days.", LIMIT.answer]
    assert [one.sampling.seed for one in model.requests] == [4, 5]


async def test_a_quoted_article_keeps_to_the_askers_bounds(backend: GroundedBackend, model: ScriptedBackend):
    model.scripts = [[Citation("top_up_limits", 0.9), "Up to 50."]] * 2
    cut = await answer(backend, ask("limits?", max_new_tokens=1, cut_quotes=True))
    whole = await answer(backend, ask("limits?", max_new_tokens=1))
    ends = [(reply.record.completion_tokens, reply.chunks[-1].finish_reason) for reply in (cut, whole)]
    assert (ends[0], whole.text) == ((1, FinishReason.LENGTH), LIMIT.answer)


async def test_without_articles_the_model_speaks_for_itself(backend: GroundedBackend, model: ScriptedBackend, publish):
    publish(EMPTY)
    model.scripts = [list(SURE)]
    assert (await answer(backend, ask("Where?"))).text == "Five days."


def test_it_is_the_model_for_whoever_looks_after_it(backend: GroundedBackend, model: ScriptedBackend):
    model.shown = Status(BackendState.FAILED, detail="No such folder.")
    backend.start()
    backend.close()
    assert (model.started, model.closed, backend.status()) == (1, 1, model.shown)
    assert backend.describe() == {"device": "none", "backend": "grounded"}


async def test_without_articles_several_candidates_are_the_models(model: ScriptedBackend):
    request = replace(ask("Where is my new card?", n=2), articles=False)
    reply = await answer(inference.get_backend("gpt2"), request)
    assert (reply.text, model.requests) == ("Hello there.", [request])
    assert (reply.record.backend, reply.record.reason) == ("gpt2", "articles_off")
