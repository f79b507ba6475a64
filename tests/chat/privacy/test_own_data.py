"""A person takes their data along, or deletes it; nobody else's is touched, and nothing of it is left."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import User
from django.test import AsyncClient, Client

from chat import actions
from chat.access import VISITOR_KEY, Actor
from chat.enums import FeedbackReasonCode, FeedbackValue, Side, Status
from chat.models import Conversation, Feedback, Generation, Message
from chat.review.actions import Vote, record_vote
from chat.review.enums import Outcome
from chat.review.gaps import gap_groups
from chat.review.models import Comparison, ComparisonVote
from tests.chat.conftest import ANN, BOB, client_id, say
from tests.chat.review.conftest import compare
from tests.scripted import ScriptedBackend


def browser_of(actor: Actor, client: Client | None = None) -> Client:
    client = client or Client()
    session = client.session
    session[VISITOR_KEY] = actor.visitor
    session.save()
    return client


def talk(actor: Actor, text: str = "Where is my card?") -> Conversation:
    """A rated answer, and a pair with a vote."""
    conversation = actions.create_conversation(actor)
    reply = say(conversation, text).reply
    actions.set_feedback(actor, reply, FeedbackValue.BAD, [FeedbackReasonCode.WRONG], f"No, says {actor}")
    comparison = compare(conversation)
    Message.objects.filter(pk=comparison.first_id).update(side=Side.A)
    Message.objects.filter(pk=comparison.second_id).update(side=Side.B)
    record_vote(comparison, actor, Vote(Outcome.FIRST))
    return conversation


def exported(client: Client) -> dict:
    answer = client.get("/privacy/export/")
    assert answer["Content-Disposition"].startswith("attachment")
    return json.loads(b"".join(answer.streaming_content))  # type: ignore[arg-type, attr-defined]


@pytest.mark.django_db
def test_the_download_holds_everything_of_this_visitor_alone() -> None:
    mine, hidden = talk(ANN), talk(ANN, "A secret")
    actions.delete(hidden)
    talk(BOB, "Bob's question")
    found = exported(browser_of(ANN))["conversations"]
    assert [row["id"] for row in found] == [str(mine.public_id), str(hidden.public_id)]
    assert [row["deleted"] is None for row in found] == [True, False]
    messages = found[0]["messages"]
    assert [message["text"] for message in messages][:2] == ["Where is my card?", "On its way."]
    ratings = messages[1]["feedback"]
    assert [(one["value"], one["reasons"], one["comment"]) for one in ratings] == [
        ("bad", ["wrong"], "No, says visitor:ann")
    ]
    assert [message["vote"]["better"] for message in messages if "vote" in message] == ["a"]
    assert "Bob" not in json.dumps(found)


@pytest.mark.django_db
def test_an_account_gets_its_own_and_nobody_gets_nothing() -> None:
    user = User.objects.create_user("ann")
    talk(Actor(user_id=user.pk), "With an account")
    talk(ANN, "Without")
    client = browser_of(ANN)
    assert [row["title"] for row in exported(client)["conversations"]] == ["Without"]
    client.force_login(user)
    assert [row["title"] for row in exported(client)["conversations"]] == ["With an account"]
    assert exported(Client())["conversations"] == []


@pytest.mark.django_db(transaction=True)
def test_a_deletion_is_final_and_of_ones_own_alone() -> None:
    talk(ANN), actions.delete(talk(ANN, "A secret"))
    others = talk(BOB, "Bob's question")
    client = browser_of(ANN)
    assert len(gap_groups()) > 0
    assert client.post("/privacy/delete/", {}).headers["Location"] == "/privacy/?done=unsure"
    assert len(exported(client)["conversations"]) == 2
    assert client.post("/privacy/delete/", {"sure": "yes"}).headers["Location"] == "/privacy/?done=deleted"
    assert list(Conversation.objects.all()) == [others]
    for model in (Message, Comparison):
        assert {row.conversation_id for row in model.objects.all()} == {others.pk}
    for model in (Generation, Feedback):
        assert {row.message.conversation_id for row in model.objects.all()} == {others.pk}
    assert {row.comparison.conversation_id for row in ComparisonVote.objects.all()} == {others.pk}
    assert exported(client)["conversations"] == []
    staff = Client()
    staff.force_login(User.objects.create_superuser("root"))
    answer = staff.post(
        "/admin/chat/conversation/",
        {"action": "export_jsonl", "select_across": "1", "index": "0", "_selected_action": [others.pk]},
    )
    assert "secret" not in b"".join(answer.streaming_content).decode()  # type: ignore[arg-type, attr-defined]
    asked = {question.text for group in gap_groups() for question in group.questions}
    assert asked == {"Bob's question"}
    assert {question.conversation for group in gap_groups() for question in group.questions} == {others.pk}


@pytest.mark.django_db(transaction=True)
async def test_a_reply_that_is_being_written_ends(backend: ScriptedBackend) -> None:
    from asgiref.sync import sync_to_async

    conversation = await sync_to_async(actions.create_conversation)(ANN)
    turn = await sync_to_async(actions.start_turn)(conversation, client_id(), "Where is my card?")
    assert turn.reply.status == Status.STREAMING
    client = AsyncClient()
    await sync_to_async(browser_of)(ANN, client)
    assert (await client.post("/privacy/delete/", {"sure": "yes"})).status_code == 302
    assert await Message.objects.acount() == 0


@pytest.mark.django_db
def test_a_deletion_needs_the_pages_own_token() -> None:
    talk(ANN)
    client = browser_of(ANN, Client(enforce_csrf_checks=True))
    assert client.post("/privacy/delete/", {"sure": "yes"}).status_code == 403
    assert Conversation.objects.count() == 1


@pytest.mark.django_db
def test_the_page_says_what_there_is() -> None:
    client = browser_of(ANN)
    assert "Delete everything" not in client.get("/privacy/").content.decode()
    talk(ANN), talk(ANN)
    text = client.get("/privacy/?done=unsure").content.decode()
    assert ("2 conversations from this browser are stored." in text, "Nothing was deleted." in text) == (True, True)
    assert 'href="/privacy/"' in client.get("/").content.decode()
