"""inference/backends/cited.py: any model with the articles in its prompt. The model is scripted, retrieval is real."""

from __future__ import annotations

from dataclasses import replace

import pytest

import inference
from inference.backends.cited import CitedBackend
from inference.errors import BackendUnavailable
from inference.types import BackendState, ChatMessage, Decision, Role
from tests.inference.knowing import ARRIVAL, ARRIVAL_ZH, REFUSALS, answer, ask
from tests.scripted import Fail, Raise, ScriptedBackend

QUESTION = "Where is my new card?"


@pytest.fixture
def cited(model: ScriptedBackend) -> CitedBackend:
    return CitedBackend("cited", model="checkpoint")


async def test_the_articles_are_sources_and_the_marks_become_links(cited: CitedBackend, model: ScriptedBackend):
    model.scripts = [["Five working days", " [", "1", "].", " Not longer [1]."]]
    reply = await answer(cited, ask(QUESTION))
    assert reply.text == "Five working days. Not longer."
    record = reply.record
    assert (record.backend, record.answered_by, record.sources) == ("cited", "cited", ("card_arrival",))
    assert (record.abstained, record.reason, record.confidence) == (False, "", None)
    assert record.explanation["in_prompt"][0] == "card_arrival"
    assert record.explanation["retrieval"][0]["article"] == "card_arrival"
    assert reply.decisions == [Decision("cited", sources=("card_arrival",), explanation=record.explanation)]
    [asked] = model.requests
    system, user = asked.messages
    assert (system.role, user.content) == (Role.SYSTEM, QUESTION)
    assert f"[1] {ARRIVAL.question}\n{ARRIVAL.answer}" in system.content
    assert any(refusal in system.content for refusal in REFUSALS["en"])


async def test_the_sites_instructions_stay_before_the_articles(cited: CitedBackend, model: ScriptedBackend):
    request = ask(QUESTION)
    turns = (ChatMessage(Role.SYSTEM, "You are Ada."), *request.messages)
    await answer(cited, replace(request, messages=turns))
    system, _user = model.requests[0].messages
    assert system.content.startswith("You are Ada.\n\nYou answer customers")


async def test_in_chinese_the_instructions_are_chinese(cited: CitedBackend, model: ScriptedBackend):
    model.scripts = [["五个工作日【1】。"]]
    reply = await answer(cited, ask("我的新卡在哪里"))
    assert (reply.text, reply.record.sources) == ("五个工作日。", ("card_arrival",))
    system = model.requests[0].messages[0].content
    assert ARRIVAL_ZH.answer in system
    assert "简体中文" in system


@pytest.mark.parametrize(
    "script",
    [
        ["[0] ", "I do not know. Ask at **Help**."],
        ["I do not know. ", "Ask at **Help**."],
        ["I'm sorry, but I don't know that."],
        ["抱歉，我不知道。"],
    ],
)
async def test_an_answer_that_does_not_know_abstains(cited: CitedBackend, model: ScriptedBackend, script: list[str]):
    model.scripts = [list(script)]
    reply = await answer(cited, ask("What is the weather?"))
    assert reply.text == "".join(script).removeprefix("[0] ")
    assert (reply.record.abstained, reply.record.reason, reply.record.sources) == (True, "unsure", ())


async def test_an_answer_that_needs_no_article_does_not(cited: CitedBackend, model: ScriptedBackend):
    model.scripts = [["Good morning!"]]
    reply = await answer(cited, ask("Good morning"))
    assert (reply.text, reply.record.abstained, reply.record.sources) == ("Good morning!", False, ())


async def test_without_articles_it_is_the_model_as_it_is(cited: CitedBackend, model: ScriptedBackend):
    model.scripts = [["As [1] says."]]
    request = replace(ask(QUESTION), articles=False)
    reply = await answer(cited, request)
    assert (reply.text, model.requests) == ("As [1] says.", [request])


async def test_each_candidate_has_sources_of_its_own(publish: object):
    two = [f"{__name__}.Two"]
    inference.configure({"two": {"BACKEND": two[0]}})
    reply = await answer(CitedBackend("cited", model="two"), ask(QUESTION, n=2))
    ends = {chunk.index: chunk.completion for chunk in reply.chunks if chunk.completion}
    assert [ends[index].sources for index in (0, 1)] == [("card_arrival",), ()]


class Two(ScriptedBackend):
    """Two candidates, of which the first cites."""

    async def stream(self, request):
        for index, text in enumerate(["Five days [1].", "Good morning."]):
            async for chunk in ScriptedBackend(scripts=[[text]]).stream(request):
                yield replace(chunk, index=index)


async def test_a_broken_answer_keeps_its_words_and_sources(cited: CitedBackend, model: ScriptedBackend):
    error = BackendUnavailable("gone")
    model.scripts = [["Five days [1]", Fail(error)]]
    reply = await answer(cited, ask(QUESTION))
    assert (reply.text, reply.chunks[-1].error, reply.record.sources) == ("Five days", error, ("card_arrival",))
    model.scripts = [[Raise(error)]]
    with pytest.raises(BackendUnavailable):
        await answer(cited, ask(QUESTION))


async def test_its_model_may_be_an_entry_of_its_own(publish: object):
    backend = CitedBackend("mine", model={"BACKEND": "tests.scripted.ScriptedBackend"})
    assert backend.model.name == "mine"
    assert backend.model is backend.model
    backend.start()
    assert backend.status().state is BackendState.READY
    assert (backend.model.started, backend.describe()) == (1, {"device": "none", "backend": "cited"})
    backend.close()
    assert backend.model.closed == 1
