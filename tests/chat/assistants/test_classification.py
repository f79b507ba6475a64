"""A text is classified by a server that speaks the OpenAI protocol, from the question to the transcript."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

import inference
from chat import actions, serializers
from chat.access import Actor
from chat.assistants.models import Assistant
from chat.commands import SendMessage, SetChoice
from chat.dispatch import Asker, dispatch
from chat.models import Conversation, Generation, Message
from tests.chat.admin.conftest import LIST, make_staff, signed_in
from tests.chat.assistants.conftest import FIELDS, assistant
from tests.chat.conftest import ANN, client_id
from tests.chat.sockets import all_done, db
from tests.misbehaving import Misbehaving, misbehaving, then

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def server(settings: Any) -> AsyncIterator[Misbehaving]:
    """A large model that classifies, and the site's default beside it."""
    text = json.dumps({"sentiment": "bad", "places": ["Bonn"]})
    upstream = "inference.backends.openai_compatible.OpenAICompatibleBackend"
    async with misbehaving() as found:
        pieces = [text[start : start + 7] for start in range(0, len(text), 7)]
        found.plays["classifies"] = then(*pieces, {"finish": "stop"})
        options = {"base_url": found.url, "model": "classifies", "api_key": "key"}
        scripted = {"BACKEND": "tests.scripted.ScriptedBackend"}
        inference.configure({"default": scripted, "cloud": {"BACKEND": upstream, "OPTIONS": options}})
        yield found
        await inference.get_backend("cloud").aclose()  # type: ignore[attr-defined]
    inference.configure(settings.INFERENCE)


async def test_from_the_question_to_the_transcript(server: Misbehaving):
    await db(assistant, "sorter", needs="large", articles=False, result_fields=FIELDS, temperature=0.2)
    conversation = await db(actions.create_conversation, ANN)
    key = conversation.public_id
    await dispatch(Asker(ANN), key, SetChoice("sorter", ""))
    await dispatch(Asker(ANN), key, SendMessage(client_id(), "Bonn was awful."))
    await all_done()
    asked = server.asked("classifies")[0].body
    assert asked["messages"] == [
        {"role": "system", "content": asked["messages"][0]["content"]},
        {"role": "user", "content": "Bonn was awful."},
    ]
    assert asked["messages"][0]["content"].startswith("You are sorter.")
    assert asked["temperature"] == 0.2
    assert asked["response_format"]["json_schema"]["schema"]["required"] == ["sentiment", "places"]
    await db(_read, ANN, conversation)


def _read(actor: Actor, conversation: Conversation) -> None:
    with translation.override("zh-hans"):
        reply = serializers.snapshot_json(actor, Conversation.objects.get(pk=conversation.pk))["messages"][1]
    assert (reply["structured"], reply["status"]) == (True, "complete")
    assert '<th scope="row">情感</th><td>坏</td>' in reply["html"]
    assert json.loads(reply["text"])["places"] == ["Bonn"]
    assert Generation.objects.get().assistant == "sorter"
    staff: Client = signed_in(make_staff("chat.read_transcripts"))
    html = staff.get(f"{LIST}{conversation.pk}/change/").content.decode()
    assert '<th scope="row">Sentiment</th><td>bad</td>' in html
    for query, count in (("sorter", 1), ("other", 0)):
        assert len(staff.get(f"{LIST}?assistant={query}").context["cl"].result_list) == count


def test_two_engines_are_compared_under_an_assistant(duel: Any):
    from chat.comparing import Contest

    duel[0].large = duel[1].large = True
    sorter = assistant("sorter", articles=False, result_fields=FIELDS, engine="gpt2")
    conversation = actions.create_conversation(ANN, "en", sorter)
    turn = actions.start_turn(conversation, client_id(), "Bonn?", Contest(("rules", "gpt2"), "visitor"))
    records = Generation.objects.filter(message__in=[reply.pk for reply in turn.replies])
    assert sorted(records.values_list("backend", "assistant")) == [("gpt2", "sorter"), ("rules", "sorter")]
    assert {record.result_fields == FIELDS for record in records} == {True}
    assert Message.objects.count() == 3
    assert Assistant.objects.count() == 1
