"""The checkpoint that ships, held to the sample business: in its own words, quoting, and not knowing."""

from __future__ import annotations

from dataclasses import replace

import pytest

import inference
from chat.knowledge.source import sample_knowledge
from inference.knowledge import KnowledgeBase, Teaching, answer_sha256
from tests.inference.backends.conftest import Publish
from tests.inference.knowing import DOUBTS, REFUSALS, answer, ask
from tests.scripted import ScriptedBackend

ARRIVAL, ARRIVAL_ZH = "my new card still has not arrived", "卡还没到，都两周了"


@pytest.fixture
def base(model: ScriptedBackend, publish: Publish) -> KnowledgeBase:
    inference.configure(
        {
            "checkpoint": {"BACKEND": "inference.backends.local.LocalBackend", "OPTIONS": {"max_streams": 2}},
            "gpt2": {"BACKEND": "inference.backends.grounded.GroundedBackend"},
        }
    )
    found = replace(sample_knowledge(), refusals=REFUSALS, doubts=DOUBTS)
    publish(found)
    return found


async def test_it_answers_quotes_what_has_changed_and_refuses(base: KnowledgeBase) -> None:
    backend = inference.get_backend("gpt2")
    english, chinese = (
        await answer(backend, ask(ARRIVAL, max_new_tokens=20)),
        await answer(backend, ask(ARRIVAL_ZH, max_new_tokens=20)),
    )
    assert [reply.record.sources for reply in (english, chinese)] == [("card_arrival",)] * 2
    assert english.text.isascii()
    assert not chinese.text.isascii()
    again = await answer(backend, ask(ARRIVAL, max_new_tokens=20, temperature=1.5, seed=7))
    assert again.record.sources == ("card_arrival",)
    outside = await answer(backend, ask("what will the weather be like tomorrow"))
    assert (outside.record.abstained, outside.text in REFUSALS["en"]) == (True, True)
    local = inference.get_backend("checkpoint")
    assert {"card_arrival", "-oos", "-talk"} <= local.teaching.slugs
    local.teaching = Teaching(None, {"card_arrival": {"en": answer_sha256("Something else.")}})
    changed = await answer(backend, ask(ARRIVAL))
    document = base.document("card_arrival", "en")
    assert document is not None
    assert (changed.text, changed.record.reason) == (document.answer, "article_changed")
