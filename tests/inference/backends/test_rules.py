from __future__ import annotations

from dataclasses import replace

import pytest

from inference.backends.rules import RulesBackend
from inference.errors import InvalidRequest
from inference.types import BackendState, ChatMessage, FinishReason, Request, Role
from tests.inference.backends.conftest import Publish
from tests.inference.knowing import ARRIVAL, ARRIVAL_ZH, LIMIT, REFUSALS, answer, ask
from tests.inference.rules.conftest import KNOWN


@pytest.fixture
def backend(publish: Publish) -> RulesBackend:
    publish(KNOWN)
    return RulesBackend()


async def test_the_published_article_comes_word_by_word_after_its_citation(backend: RulesBackend):
    reply = await answer(backend, ask("Where is my new card?"))
    assert reply.text == ARRIVAL.answer
    assert [chunk.text for chunk in reply.chunks][:3] == ["", "Cards", " take"]
    first = reply.chunks[0]
    assert (first.citation.slug, first.decision.sources) == ("card_arrival", ("card_arrival",))
    record = reply.record
    assert (record.answered_by, record.sources, record.abstained, record.backend) == (
        *("rules", ("card_arrival",), False),
        "rules",
    )
    assert (record.explanation["article"], record.confidence) == ("card_arrival", first.citation.confidence)
    assert (reply.chunks[-1].finish_reason, record.completion_tokens) == (FinishReason.STOP, len(reply.chunks) - 2)


async def test_the_answer_is_in_the_language_of_the_question_or_the_one_that_is_asked_for(backend: RulesBackend):
    assert (await answer(backend, ask("我的新卡在哪里"))).text == ARRIVAL_ZH.answer
    request = replace(ask("Where is my new card?"), language="zh-hans")
    assert (await answer(backend, request)).text == ARRIVAL_ZH.answer


async def test_a_cut_answer_goes_on_where_it_was(backend: RulesBackend):
    reply = await answer(backend, ask("Where is my new card?", prefix="Cards take"))
    assert reply.text == ARRIVAL.answer.removeprefix("Cards take")


async def test_small_talk_has_an_answer_and_no_source(backend: RulesBackend):
    reply = await answer(backend, ask("hello"))
    assert (reply.text, reply.record.sources, reply.record.abstained) == ("Hello!", (), False)
    assert reply.chunks[0].citation.slug == "-talk"


async def test_what_is_outside_is_refused(backend: RulesBackend):
    reply = await answer(backend, ask("xyzzy"))
    assert (reply.text in REFUSALS["en"], reply.record.abstained, reply.record.reason) == (True, True, "unsure")


async def test_an_edit_reaches_the_next_answer(backend: RulesBackend, publish: Publish):
    await answer(backend, ask("What is the top-up limit?"))
    publish(replace(KNOWN, documents=(replace(LIMIT, answer="No limit."),)))
    assert (await answer(backend, ask("What is the top-up limit?"))).text == "No limit."


async def test_a_follow_up_keeps_to_the_article_before(backend: RulesBackend):
    turns = (("What is the top-up limit?", Role.USER), ("Up to 5,000.", Role.ASSISTANT), ("and abroad?", Role.USER))
    request = Request(tuple(ChatMessage(role, text) for text, role in turns))
    assert (await answer(backend, request)).record.sources == ("top_up_limits",)


async def test_every_candidate_has_its_end(backend: RulesBackend):
    reply = await answer(backend, ask("hello", n=2))
    assert [(chunk.index, chunk.text) for chunk in reply.chunks if chunk.text] == [(0, "Hello!"), (1, "Hello!")]
    assert [chunk.index for chunk in reply.chunks if chunk.finish_reason] == [0, 1]


async def test_a_closed_stream_says_no_more(backend: RulesBackend):
    stream = backend.stream(ask("Where is my new card?"))
    async for chunk in stream:
        if chunk.text:
            break
    assert backend.status().running == 1
    await stream.aclose()
    assert (backend.status().running, backend.status().state) == (0, BackendState.READY)


async def test_no_question_is_refused_before_the_first_chunk(backend: RulesBackend):
    with pytest.raises(InvalidRequest):
        await answer(backend, ask("  "))


async def test_the_router_may_ask_for_the_verdict_alone(backend: RulesBackend):
    verdict = await backend.verdict(ask("Where is my new card?"))
    assert (verdict.slug, verdict.explanation["kind"]) == ("card_arrival", "retrieval")


async def test_the_rules_have_no_words_but_the_articles(publish: Publish):
    with pytest.raises(InvalidRequest):
        await answer(RulesBackend(), replace(ask("Where is my new card?"), articles=False))
