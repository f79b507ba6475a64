"""Questions without a good answer: which there are, how they are grouped, put aside and answered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from chat import actions as chat_actions
from chat.access import Actor
from chat.enums import FeedbackReasonCode, FeedbackValue, Language, Status
from chat.knowledge import actions as knowledge_actions
from chat.knowledge.drafts import ArticleDraft, TextDraft
from chat.knowledge.source import source
from chat.models import Conversation, Message
from chat.review.enums import Gap
from chat.review.gaps import gap_groups
from tests.chat.admin.conftest import make_staff, signed_in
from tests.chat.conftest import end, say
from tests.chat.review.conftest import answer_again, cite

pytestmark = pytest.mark.django_db

PAGE = "/review/gaps/"
REVIEWER = ("review.view_comparison", "chat.read_transcripts")


def unanswered(actor: Actor, text: str, language: str = "en") -> Message:
    """A question that nobody knew an answer to; the question."""
    turn = say(chat_actions.create_conversation(actor, language), text, "I do not know that.")
    cite(turn.reply, "-oos", abstained=True, finish_reason="stop", answered_by="rules")
    return turn.message


def found() -> list[tuple[str, int, list[str]]]:
    """The open groups: newest question, how many, why."""
    groups = [group for group in gap_groups() if not group.dismissed]
    return [(group.newest.text, len(group.questions), sorted(group.kinds)) for group in groups]


@pytest.fixture
def client(db: None) -> Client:
    """A reviewer who may also write articles."""
    return signed_in(make_staff(*REVIEWER, "knowledge.add_article"))


def test_without_questions_there_is_no_gap(db: None) -> None:
    assert found() == []


def test_each_kind_of_gap_is_found(ann: Actor, conversation: Conversation) -> None:
    say(conversation, "Where is my card?")
    unanswered(ann, "Can I pay with crypto?")
    failed = chat_actions.start_turn(chat_actions.create_conversation(ann), "f", "What is the meaning of life?").reply
    end(failed, Status.FAILED)
    cite(failed, error_class="timeout")
    bad = say(chat_actions.create_conversation(ann), "How much is a transfer?").reply
    chat_actions.set_feedback(ann, bad, FeedbackValue.BAD, [FeedbackReasonCode.WRONG], "")
    human = say(chat_actions.create_conversation(ann), "My money is gone since Friday").reply
    chat_actions.set_feedback(ann, human, FeedbackValue.BAD, [FeedbackReasonCode.WANTED_HUMAN], "")
    kinds = {text: why for text, _count, why in found()}
    assert kinds == {
        "Can I pay with crypto?": [Gap.UNANSWERED],
        "What is the meaning of life?": [Gap.UNANSWERED],
        "How much is a transfer?": [Gap.DISLIKED],
        "My money is gone since Friday": [Gap.HANDED_OVER],
    }


def test_who_asks_for_a_person_has_a_question_before_that(conversation: Conversation) -> None:
    say(conversation, "The cash machine kept my notes")
    say(conversation, "I want to talk to a human")
    assert found() == [("The cash machine kept my notes", 1, [Gap.HANDED_OVER])]


def test_a_question_that_another_reply_answers_is_no_gap(ann: Actor) -> None:
    question = unanswered(ann, "Can I pay with crypto?")
    answer_again(question.children.get())
    assert found() == []


def test_likes_are_grouped_within_a_language_and_the_most_frequent_come_first(ann: Actor) -> None:
    unanswered(ann, "怎么开联名账户", "zh-hans")
    for text in ("Can I pay with crypto?", "can i pay with CRYPTO", "Can I pay using crypto?"):
        unanswered(ann, text)
    assert [(text, count) for text, count, _why in found()] == [("Can I pay using crypto?", 3), ("怎么开联名账户", 1)]
    assert gap_groups()[0].wordings[0] == "can i pay with CRYPTO"


def test_a_deleted_conversation_is_not_read(ann: Actor) -> None:
    chat_actions.delete(unanswered(ann, "Can I pay with crypto?").conversation)
    assert found() == []


def test_a_dismissed_group_comes_back_when_it_is_asked_again(ann: Actor, client: Client) -> None:
    question = unanswered(ann, "Can I pay with crypto?")
    answer = client.post(f"{PAGE}dismiss/", {"question": str(question.public_id), "kind": "unanswered"})
    assert answer.url == f"{PAGE}?kind=unanswered&dismissed={question.public_id}"
    assert found() == []
    shown = client.get(f"{PAGE}?state=dismissed").context["rows"]
    assert [row["newest"].text for row in shown] == ["Can I pay with crypto?"]
    unanswered(ann, "can i pay with crypto")
    assert found() == [("can i pay with crypto", 2, [Gap.UNANSWERED])]


def test_what_was_dismissed_can_be_taken_back(ann: Actor, client: Client) -> None:
    question = unanswered(ann, "Can I pay with crypto?")
    for step, left in (("dismiss", 0), ("dismiss", 0), ("restore", 1), ("restore", 1)):
        assert client.post(f"{PAGE}{step}/", {"question": str(question.public_id)}).status_code == 302
        assert len(found()) == left


@pytest.mark.parametrize("named", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_what_does_not_exist_cannot_be_dismissed(client: Client, named: str) -> None:
    assert client.post(f"{PAGE}dismiss/", {"question": named}).status_code == 404


def test_an_answer_is_no_question_to_dismiss(ann: Actor, client: Client) -> None:
    reply = unanswered(ann, "Can I pay with crypto?").children.get()
    assert client.post(f"{PAGE}dismiss/", {"question": str(reply.public_id)}).status_code == 404


def test_the_page_filters_by_language_and_kind(ann: Actor, client: Client) -> None:
    unanswered(ann, "怎么开联名账户", "zh-hans")
    unanswered(ann, "Can I pay with crypto?")
    counts = {
        query: client.get(f"{PAGE}?{query}").context["page"].paginator.count
        for query in ("", "language=en", "language=zh-hans", "kind=unanswered", "kind=disliked", "language=xx&page=99")
    }
    assert list(counts.values()) == [2, 1, 1, 2, 0, 2]


def test_a_group_leads_to_an_article_with_its_questions(ann: Actor, client: Client) -> None:
    for text in ("Can I pay with crypto?", "can i pay with crypto", "Can I pay using crypto?"):
        unanswered(ann, text)
    page = client.get(PAGE)
    assert [reply.content for reply in page.context["rows"][0]["replies"]] == ["I do not know that."]
    form = client.get(page.context["rows"][0]["write"]).context["adminform"].form
    assert form["question_en"].value() == "can i pay with crypto"
    assert form["examples_en"].value() == "can i pay with crypto\nCan I pay using crypto?"


def test_who_may_not_write_articles_gets_no_way_there(ann: Actor) -> None:
    unanswered(ann, "Can I pay with crypto?")
    page = signed_in(make_staff(*REVIEWER)).get(PAGE)
    assert page.context["rows"][0]["write"] == ""


def test_a_group_shows_the_article_that_answers_it_since(transactional_db: None, ann: Actor) -> None:
    text = TextDraft("Can I pay with crypto?", "No.", ("can i pay with crypto",))
    other = TextDraft("How do I open a joint account?", "In the app.", ())
    client = signed_in(make_staff(*REVIEWER))
    question = unanswered(ann, "Can I pay with crypto?")
    _publish("joint", other)
    assert client.get(PAGE).context["rows"][0]["answer"] == ""
    _publish("crypto", text)
    assert client.get(PAGE).context["rows"][0]["answer"] == "Can I pay with crypto?"
    # Asked again since, and still without a good answer: the article is not the end of it.
    Message.objects.filter(pk=question.pk).update(created_at=timezone.now() + timedelta(minutes=1))
    unanswered(ann, "Never mind")
    assert [row["answer"] for row in client.get(PAGE).context["rows"]] == ["", ""]


def _publish(slug: str, text: TextDraft) -> None:
    draft = ArticleDraft(slug, {Language.ENGLISH: text})
    knowledge_actions.publish(knowledge_actions.save_draft(None, draft, None, ""), None)
    source.forget()  # it would look again within half a second
