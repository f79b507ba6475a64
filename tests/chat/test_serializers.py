"""chat/serializers.py: rows as the wire shows them, at a constant price."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from chat import actions, queries, serializers
from chat.access import Actor
from chat.enums import FeedbackReasonCode, FeedbackValue, Status
from chat.models import Conversation, Generation
from inference import BackendState
from inference.types import Status as ModelStatus
from tests.chat.conftest import client_id, end, say
from tests.chat.knowledge.articles import published, titled
from tests.scripted import ScriptedBackend

pytestmark = pytest.mark.django_db


def test_a_snapshot_is_the_whole_state(conversation: Conversation, ann: Actor, backend: ScriptedBackend):
    turn = say(conversation, "我的卡呢？", "**Soon**.")
    actions.set_feedback(ann, turn.reply, FeedbackValue.BAD, [FeedbackReasonCode.SLOW], "Hm")
    running = actions.regenerate(turn.reply)
    conversation.refresh_from_db()
    reply_ids = [str(turn.reply.public_id), str(running.public_id)]
    question, reply = str(turn.message.public_id), str(running.public_id)
    assert serializers.snapshot_json(ann, conversation) == {
        "conversation": {
            **{"id": str(conversation.public_id), "title": "我的卡呢？", "language": "zh-hans"},
            **{"assistant": "", "engine": ""},
        },
        "messages": [
            {
                **{"id": question, "parent": None, "role": "user", "status": "complete", "seq": 0},
                **{"text": "我的卡呢？", "html": None, "client_id": turn.message.client_id, "lang": "zh-hans"},
                "created_at": turn.message.created_at.isoformat(),
                **{"versions": {"ids": [question], "index": 0}, "feedback": None, "detail": "", "sources": []},
                **{"engine": "", "confidence": "", "abstained": False, "structured": False},
            },
            {
                **{"id": reply, "parent": question, "role": "assistant", "status": "streaming", "seq": 0},
                **{"text": "", "html": None, "client_id": "", "lang": "zh-hans"},
                "created_at": running.created_at.isoformat(),
                **{"versions": {"ids": reply_ids, "index": 1}, "feedback": None, "detail": "", "sources": []},
                **{"engine": "", "confidence": "", "abstained": False, "structured": False},
            },
        ],
        "has_older": False,
        "running": reply,
        "comparison": None,
        "model": {"state": "ready", "progress": 1.0, "eta_s": None, "detail": ""},
    }


def test_a_finished_reply_has_html_and_the_readers_own_feedback(conversation: Conversation, ann: Actor, bob: Actor):
    turn = say(conversation, "Hi", "**Soon**.")
    reasons = [FeedbackReasonCode.WRONG, FeedbackReasonCode.SLOW]
    actions.set_feedback(ann, turn.reply, FeedbackValue.BAD, reasons, "Hm")
    page = queries.latest_page(conversation.__class__.objects.get(pk=conversation.pk))
    mine = serializers.messages_json(ann, page.messages, page.tree)[1]
    theirs = serializers.messages_json(bob, page.messages, page.tree)[1]
    assert (mine["html"], mine["feedback"]) == (
        "<p><strong>Soon</strong>.</p>\n",
        {"value": -1, "reasons": ["slow", "wrong"], "comment": "Hm"},
    )
    assert theirs["feedback"] is None


@pytest.mark.parametrize(
    ("status", "code", "detail"),
    [
        (Status.FAILED, "message_too_long", "The message is too long for the model. Please shorten it."),
        (Status.FAILED, "no such code", "The answer broke off because of a mistake on our side. Please try again."),
        (Status.STOPPED, "", ""),
    ],
)
def test_a_failed_reply_says_what_happened(
    conversation: Conversation, ann: Actor, status: Status, code: str, detail: str
):
    reply = actions.start_turn(conversation, client_id(), "Hi").reply
    actions.finish_reply(reply.pk, actions.Ending(status, {}, code))
    rows = [queries.reply_for_run(reply.pk)]
    assert serializers.messages_json(ann, rows, queries.Tree(conversation))[0]["detail"] == detail


def test_a_snapshot_costs_the_same_however_long_the_conversation_is(
    conversation: Conversation, ann: Actor, backend: ScriptedBackend, django_assert_num_queries: DjangoAssertNumQueries
):
    for _ in range(30):
        turn = say(conversation)
        actions.set_feedback(ann, turn.reply, FeedbackValue.GOOD, [FeedbackReasonCode.GOOD_CLEAR], "")
    end(actions.regenerate(turn.reply))
    conversation.refresh_from_db()
    with django_assert_num_queries(4):  # tree, messages, feedback, reasons
        assert len(serializers.snapshot_json(ann, conversation)["messages"]) == 50


@pytest.mark.parametrize(
    ("state", "error_code", "detail"),
    [
        (BackendState.READY, "", ""),
        (
            BackendState.STARTING,
            "",
            "The model is starting. You can ask already; the answer comes as soon as it is ready.",
        ),
        (BackendState.FAILED, "checkpoint_error", "The model is not available right now. Please try again later."),
    ],
)
def test_the_models_state_is_a_sentence_for_people(
    backend: ScriptedBackend, state: BackendState, error_code: str, detail: str
):
    backend.shown = ModelStatus(state, 0.25, 3.0, "/srv/model.safetensors: not found", error_code)
    expected = {"state": state.value, "progress": 0.25, "eta_s": 3.0, "detail": detail}
    assert serializers.model_json() == expected


@pytest.mark.parametrize(("answered_by", "engine"), [("gpt2", "gpt2"), ("an-operators-own", "")])
def test_a_reply_tells_who_answered_and_how_sure(conversation: Conversation, ann: Actor, answered_by: str, engine: str):
    turn = say(conversation)
    record = {"answered_by": answered_by, "confidence": 0.7, "sources": ["card_arrival"]}
    Generation.objects.filter(message=turn.reply).update(**record)
    conversation.refresh_from_db()
    (_question, reply) = serializers.snapshot_json(ann, conversation)["messages"]
    assert (reply["engine"], reply["confidence"], reply["abstained"]) == (engine, "fairly", False)


def test_sources_carry_titles_in_the_answers_own_language(conversation: Conversation, ann: Actor):
    published(titled("card_arrival", zh="卡还没到"))
    turn = say(conversation, "我的卡呢？", "还在路上。")
    Generation.objects.filter(message=turn.reply).update(sources=["card_arrival", "gone"])
    conversation.refresh_from_db()
    (_question, reply) = serializers.snapshot_json(ann, conversation)["messages"]
    assert reply["sources"] == [
        {"slug": "card_arrival", "title": "卡还没到", "url": "/help/card_arrival/"},
        {"slug": "gone", "title": "gone", "url": ""},
    ]
