"""The review page's addresses: what they give, whom they refuse, what they keep to themselves."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from chat.enums import Language
from chat.knowledge import actions as knowledge_actions
from chat.knowledge.drafts import ArticleDraft, TextDraft
from chat.models import TranscriptRead
from chat.review.models import Assignment, Review, ReviewItem, ReviewQueue
from tests.chat.admin.conftest import signed_in
from tests.chat.review.conftest import answer_again, cite
from tests.chat.review.reviewing import BEST, answer, person, queued, shipped

pytestmark = pytest.mark.django_db
PAGE = "/review/queue/"
CARD = {"version": 1, "levels": BEST, "causes": {}, "comment": " Good. ", "active_ms": 1500}
NO_IDEAL = {"ideal_answer": "", "ideal_source": ""}


@pytest.fixture
def queue() -> ReviewQueue:
    found = shipped()
    ReviewQueue.objects.update(gold_share=0.0)
    return found


@pytest.fixture
def reviewer(queue: ReviewQueue) -> User:
    return person()


def post(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(f"{PAGE}{path}", body, content_type="application/json")


def given(client: Client, **more: Any) -> list[dict[str, Any]]:
    """What the desk gets."""
    found = post(client, "next/", {"have": [], "decide": False, **more})
    assert found.status_code == 200
    return found.json()["items"]


def test_two_items_at_first_and_then_what_the_page_does_not_have(queue: ReviewQueue, reviewer: User):
    for _ in range(3):
        queued(queue)
    client = signed_in(reviewer)
    first, second = given(client)
    assert given(client, have=[first["id"], second["id"]]) == []
    submitted = post(client, f"{first['id']}/submit/", {**CARD, **NO_IDEAL}).json()
    assert submitted["progress"] == {"today": 1, "left": 2}
    assert [item["id"] == second["id"] for item in given(client, have=[second["id"]])] == [False]
    assert (Review.objects.get().comment, Review.objects.get().active_ms) == ("Good.", 1500)
    assert TranscriptRead.objects.count() == 3


def test_who_wrote_it_is_told_afterwards(queue: ReviewQueue, reviewer: User):
    item = queued(queue)
    cite(item.message, "card_arrival", answered_by="gpt2")
    reviewer.user_permissions.add(Permission.objects.get(codename="add_article"))
    client = signed_in(reviewer)
    (shown,) = given(client)
    assert ("On its way." in shown["html"], "GPT-2" in shown["html"]) == (True, False)
    card = {**CARD, "ideal_answer": "It takes five days.", "ideal_source": "typed"}
    reveal = post(client, f"{shown['id']}/submit/", card).json()["reveal"]
    assert (reveal["author"], reveal["verdict"], reveal["percent"]) == ("GPT-2 with articles", "Good", 100)
    (link,) = reveal["links"]
    fields = parse_qs(urlsplit(link["href"]).query)
    assert (fields["question_en"], fields["answer_en"]) == (["Where is my card?"], ["It takes five days."])


def test_what_visitors_wrote_is_text_and_personal_data_is_masked(queue: ReviewQueue, reviewer: User):
    queued(
        queue, answer("<script>alert(1)</script> ann@example.com", "Hi <img src=x onerror=alert(1)> ann@example.com")
    )
    (shown,) = given(signed_in(reviewer))
    assert "&lt;script&gt;" in shown["html"]
    assert [bad for bad in ("<script", "<img", "ann@example.com") if bad in shown["html"]] == []


def test_another_reviewers_items_do_not_exist(queue: ReviewQueue, reviewer: User):
    queued(queue)
    (shown,) = given(signed_in(reviewer))
    other = signed_in(person())
    for path, body in (("submit", {**CARD, **NO_IDEAL}), ("skip", {"reason": "other"}), ("difference", {"text": ""})):
        assert post(other, f"{shown['id']}/{path}/", body).status_code == 404
    assert other.get(f"{PAGE}{shown['id']}/ideal/").status_code == 404
    assert post(other, "next/", {"have": [], "decide": True}).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"levels": []}, "bad_command"),
        ({"levels": {**BEST, "correct": "5"}}, "bad_command"),
        ({"levels": {**BEST, "correct": True}}, "bad_command"),
        ({"levels": {"correct": 5}}, "rating_missing"),
        ({"levels": {**BEST, "correct": 1}}, "cause_missing"),
        ({"causes": {"correct": []}}, "bad_command"),
        ({"version": 2}, "rubric_changed"),
        ({"ideal_answer": "Wait [N] days.", "ideal_source": "typed"}, "ideal_refused"),
        ({"ideal_answer": "需要五天。", "ideal_source": "typed"}, "ideal_refused"),
        ({"ideal_answer": "Five days.", "ideal_source": "nowhere"}, "bad_command"),
    ],
)
def test_what_is_refused(queue: ReviewQueue, reviewer: User, wrong: dict[str, Any], code: str):
    queued(queue)
    client = signed_in(reviewer)
    (shown,) = given(client)
    refused = post(client, f"{shown['id']}/submit/", {**CARD, **NO_IDEAL, **wrong})
    assert (refused.json()["code"], Review.objects.count()) == (code, 0)


def test_an_ideal_answer_that_says_the_same_is_none(queue: ReviewQueue, reviewer: User):
    queued(queue)
    client = signed_in(reviewer)
    (shown,) = given(client)
    post(client, f"{shown['id']}/submit/", {**CARD, "ideal_answer": "On its way. ", "ideal_source": "answer"})
    assert (Review.objects.get().ideal_answer, Review.objects.get().ideal_source) == ("", "")


def test_an_ideal_answer_begins_from_what_there_is(queue: ReviewQueue, reviewer: User):
    draft = ArticleDraft("card_arrival", {Language.ENGLISH: TextDraft("My card has not arrived", "Five days.")})
    knowledge_actions.publish(knowledge_actions.save_draft(None, draft, None), None)
    item = queued(queue)
    cite(item.message, "card_arrival")
    answer_again(item.message, "In ten days.")
    client = signed_in(reviewer)
    (shown,) = given(client)
    found = client.get(f"{PAGE}{shown['id']}/ideal/").json()["beginnings"]
    texts = [(one["source"], one["text"]) for one in found]
    assert texts == [("article", "Five days."), ("version", "In ten days."), ("answer", "On its way.")]
    drawn = post(client, f"{shown['id']}/difference/", {"text": "On its slow way. {x}"}).json()
    assert [piece["text"] for piece in drawn["lines"][0] if piece["kind"] == "added"] == ["slow ", " {x}"]
    assert drawn["problems"] == ["Something is left over in the ideal answer: {x}"]


def test_a_review_is_taken_back_with_what_was_said(queue: ReviewQueue, reviewer: User):
    queued(queue)
    client = signed_in(reviewer)
    assert post(client, "undo/", {}).status_code == 404
    (shown,) = given(client)
    post(client, f"{shown['id']}/submit/", {**CARD, **NO_IDEAL})
    back = post(client, "undo/", {}).json()
    assert (back["item"]["id"], back["item"]["said"]["levels"]) == (shown["id"], BEST)
    assert (Assignment.objects.get().state, Review.objects.count()) == ("reserved", 0)


def test_a_lead_decides_and_sees_both_reviews(queue: ReviewQueue):
    item = queued(queue)
    for level in (5, 3):
        client = signed_in(person())
        (shown,) = given(client)
        assert "Review 1" not in shown["html"]
        post(client, f"{shown['id']}/submit/", {**CARD, **NO_IDEAL, "levels": {**BEST, "correct": level}})
    lead = signed_in(person("Review leads"))
    assert "1 to decide" in lead.get(PAGE).content.decode()
    (shown,) = given(lead, decide=True)
    assert ("Correct: 5 of 5" in shown["html"], "Correct: 3 of 5" in shown["html"]) == (True, True)
    post(lead, f"{shown['id']}/submit/", {**CARD, **NO_IDEAL})
    assert ReviewItem.objects.get(pk=item.pk).state == "done"


def test_the_entrance_says_how_many_there_are(queue: ReviewQueue, reviewer: User):
    queued(queue)
    assert "1 answer for you" in signed_in(reviewer).get("/review/").content.decode()
    assert signed_in(reviewer).get(PAGE).status_code == 200
