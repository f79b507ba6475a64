"""The transcript page: what it shows, to whom, and that it is logged."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from chat import actions, comparing
from chat.comparing import Contest, Verdict
from chat.enums import Better
from chat.knowledge.models import Article
from chat.models import Conversation, Message, TranscriptRead
from tests.chat.admin.conftest import LIST, Talk, make_staff, signed_in
from tests.chat.conftest import ANN, client_id, end

pytestmark = pytest.mark.django_db


def full_talk() -> Talk:
    talk = Talk()
    question = talk.ask("Where is **my** card?")
    talk.answer("An old answer", parent=question)
    record = {
        **{"checkpoint_sha256": "ab" * 32, "sampling": {"temperature": 0.5}, "seed": 7, "prompt_tokens": 11},
        **{"completion_tokens": 1234, "truncated_tokens": 3, "queue_ms": 4, "first_token_ms": 5, "total_ms": 6789.4},
        **{"finish_reason": "stop", "mean_logprob": -0.25, "min_logprob": -2.5, "sources": ["card_arrival"]},
    }
    reply = talk.answer("It is **on its way**.", record, parent=question)
    talk.rate(reply, -1, "wrong", comment="No, it is not.\n:(")
    return talk


def page(client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def test_messages_rating_and_versions_are_on_the_page(staff_client):
    html = page(staff_client, full_talk().url)
    assert '<div class="dl-text dl-plain" data-part="text" lang="en">Where is **my** card?</div>' in html
    assert "<p>It is <strong>on its way</strong>.</p>" in html
    assert "An old answer" not in html
    for text in ("Bad answer", "Not correct", "No, it is not.\n:(", "Version 2 of 2", "the visitor sees this one"):
        assert html.count(text) >= 1, text


def test_the_generation_record_is_folded_beside_the_reply(staff_client):
    html = page(staff_client, full_talk().url)
    assert html.count('<details class="dl-record">') == 1
    rows = {
        **{"Backend": "default", "Checkpoint": "embedded", "Checkpoint hash": "ab" * 32, "Seed": "7"},
        **{"Sampling": "temperature 0.5", "Prompt tokens": "11", "Completion tokens": "1,234", "Tokens left out": "3"},
        **{"Time in the queue (ms)": "4", "Time to first token (ms)": "5", "Total time (ms)": "6,789"},
        **{"Finish reason": "stop", "Mean log probability": "-0.250", "Minimum log probability": "-2.500"},
        "Error": "–",
    }
    missing = [name for name, value in rows.items() if f'<th scope="row">{name}</th><td>{value}</td>' not in html]
    assert missing == []
    assert "card_arrival" in html


def test_sources_lead_to_the_articles_for_those_who_may_see_them(staff_client):
    talk = full_talk()
    link = f'href="/admin/knowledge/article/{Article.objects.create(slug="card_arrival").pk}/change/"'
    assert link not in page(staff_client, talk.url)
    assert link in page(signed_in(make_staff("chat.read_transcripts", "knowledge.view_article")), talk.url)


def test_a_failed_reply_says_why(staff_client):
    talk = Talk()
    talk.answer("", {"error_class": "overloaded"}, status="failed")
    html = page(staff_client, talk.url)
    assert "overloaded: Too many people are asking right now." in html
    assert '<span class="dl-chip" data-status="failed">Failed</span>' in html
    assert "No text." in html


def test_another_version_says_that_the_visitor_sees_a_different_one(staff_client):
    talk = full_talk()
    old = Message.objects.get(content="An old answer")
    html = page(staff_client, f"{talk.url}?version={old.public_id}")
    assert "An old answer" in html
    assert "on its way" not in html
    assert "This is another version than the visitor sees." in html
    assert "the visitor sees version 2" in html


@pytest.mark.parametrize(
    "query", ["version=nonsense", "version=", "part=x", "part=0", "part=99999999999999999999", "part=-1"]
)
def test_nonsense_in_the_address_shows_the_active_branch(staff_client, query):
    assert "on its way" in page(staff_client, f"{full_talk().url}?{query}")


@pytest.mark.parametrize("key", ["0", "abc", "99999999999999999999999", "1;drop", "１"])
def test_an_unknown_conversation_leads_back_to_the_start(staff_client, key):
    assert staff_client.get(f"{LIST}{key}/change/").url == "/admin/"


def test_a_deleted_conversation_is_shown_as_deleted(staff_client):
    talk = full_talk()
    Conversation.objects.update(deleted_at=timezone.now())
    assert "Deleted by the visitor: " in page(staff_client, talk.url)
    assert '<span class="dl-chip">Deleted</span>' in page(staff_client, LIST)


def test_the_page_is_never_kept_by_a_cache(staff_client):
    assert "no-store" in staff_client.get(full_talk().url)["Cache-Control"]


def test_every_opening_is_logged_with_its_reader(staff_client, reader):
    talk = full_talk()
    for _ in range(2):
        page(staff_client, talk.url)
    staff_client.head(talk.url)
    rows = TranscriptRead.objects.values_list("conversation", "reader", "kind")
    assert list(rows) == [(talk.conversation.pk, reader.pk, "read")] * 3


def test_a_refused_opening_is_not_logged():
    talk = full_talk()
    assert signed_in(make_staff("chat.view_conversation")).get(talk.url).status_code == 403
    assert TranscriptRead.objects.count() == 0


def test_the_view_permission_alone_shows_nothing():
    client = signed_in(make_staff("chat.view_conversation", "chat.change_conversation", "chat.view_feedback"))
    html = client.get("/admin/").content.decode()
    assert ("model-feedback" in html, "model-conversation" in html) == (True, False)
    assert client.get(LIST).status_code == 403
    assert client.post(LIST, {"action": "export_csv", "index": 0, "_selected_action": 1}).status_code == 403


def test_superusers_may_read():
    client = signed_in(User.objects.create_superuser("root"))
    assert "on its way" in page(client, full_talk().url)


@pytest.mark.parametrize("name", ["message", "generation", "feedbackreason"])
def test_parts_of_a_transcript_have_no_pages_of_their_own(name):
    client = signed_in(User.objects.create_superuser("root"))
    assert client.get(f"/admin/chat/{name}/").status_code == 404


def test_nothing_can_be_added_changed_or_deleted_even_by_a_superuser():
    client, talk = signed_in(User.objects.create_superuser("root")), full_talk()
    before = list(Conversation.objects.values())
    answers = {
        "add": client.get(f"{LIST}add/"),
        "add by post": client.post(f"{LIST}add/", {"title": "x"}),
        "change": client.post(talk.url, {"title": "x"}),
        "delete": client.post(f"{LIST}{talk.conversation.pk}/delete/", {"post": "yes"}),
    }
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 403)
    client.post(
        LIST, {"action": "delete_selected", "index": 0, "_selected_action": talk.conversation.pk, "post": "yes"}
    )
    assert list(Conversation.objects.values()) == before


@pytest.mark.parametrize("turns", [1, 20])
def test_a_transcript_takes_ten_queries_however_long_it_is(turns, staff_client, django_assert_num_queries):
    talk = Talk()
    for number in range(turns):
        talk.ask(f"question {number}")
        reply = talk.answer(f"answer {number}")
        talk.rate(reply, 1, "good_clear")
    # Session, user, two for permissions; conversation, tree, messages with records, ratings, reasons; the log's row.
    with django_assert_num_queries(10):
        page(staff_client, talk.url)


def test_two_compared_answers_stand_together_with_the_vote(staff_client, duel):
    conversation = actions.create_conversation(ANN)
    turn = actions.start_turn(conversation, client_id(), "Where is my card?", Contest(("rules", "gpt2"), "visitor"))
    for reply, text in zip(turn.replies, ("It is here.", "It is there."), strict=True):
        end(reply, text=text)
    url = f"{LIST}{conversation.pk}/change/"
    assert "Two answers were shown side by side; there was no vote." in page(staff_client, url)
    left = comparing.records().engines(turn.message)[0]
    actions.decide(turn.message, Verdict(Better.B, ("clear",), left))
    html = page(staff_client, url)
    assert [html.count(text) for text in ("It is here.", "It is there.", "Answer A", "Answer B")] == [1, 1, 1, 1]
    name = comparing.records().label(left)
    said = f"Vote: B is better · Easier to understand · Guessed that A was written by {name}: right."
    assert said in html
