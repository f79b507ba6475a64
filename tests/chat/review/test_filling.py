"""The queue fills itself: each stream, quotas, probabilities, and twice is once."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from chat import actions as chat_actions
from chat.access import Actor
from chat.enums import FeedbackReasonCode, FeedbackValue
from chat.models import Message
from chat.review import actions, matching
from chat.review.actions import filling
from chat.review.models import FillRule, ReviewItem, ReviewQueue
from tests.chat.conftest import say
from tests.chat.review.conftest import cite, compare
from tests.chat.review.reviewing import answer, shipped

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue() -> ReviewQueue:
    """The shipped queue without rules."""
    found = shipped()
    found.rules.all().delete()
    return found


def rule(queue: ReviewQueue, name: str = "rule", **fields: object) -> FillRule:
    facts = {"stream": "random", "daily_quota": 100, **fields}
    return FillRule.objects.create(queue=queue, name=name, **facts)


def found() -> dict[int, float | None]:
    return dict(ReviewItem.objects.values_list("message_id", "sampling_probability"))


def test_five_streams_are_shipped():
    assert list(shipped().rules.values_list("stream", flat=True)) == [
        *("random", "disliked", "unsure", "disagreed", "unanswered")
    ]


def test_twice_takes_the_same_and_stores_the_share(queue: ReviewQueue):
    for _ in range(30):
        answer()
    rule(queue, rate=0.5)
    added = actions.fill()
    first = found()
    assert (actions.fill(), found()) == (0, first)
    assert (added, set(first.values())) == (len(first), {0.5})
    assert 0 < added < 30


def test_a_quota_ends_the_day_and_lowers_the_share(queue: ReviewQueue):
    for _ in range(8):
        answer()
    rule(queue, daily_quota=2)
    assert (actions.fill(), set(found().values())) == (2, {0.25})
    answer()
    assert actions.fill() == 0


def test_two_rules_are_one_item_that_was_likelier(queue: ReviewQueue, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(filling, "_lot", lambda _rule, _public_id: 0.1)
    bad, other = answer(), answer()
    chat_actions.set_feedback(Actor(visitor="ann"), bad, FeedbackValue.BAD, [], "")
    rule(queue, "some", rate=0.5)
    rule(queue, "bad", rate=0.8, feedback=-1, stream="disliked", position=1)
    assert (actions.fill(), found()) == (2, {bad.pk: pytest.approx(0.9), other.pk: 0.5})
    assert set(ReviewItem.objects.values_list("stream", flat=True)) == {"random"}


def _matches(**fields: object) -> set[int]:
    return set(matching.matching(FillRule(**fields)).values_list("pk", flat=True))


def test_what_a_rule_is_about(queue: ReviewQueue):
    sure, unsure = answer(), answer(who="bob")
    cite(sure, "card_arrival", confidence=0.9, answered_by="rules")
    cite(unsure, confidence=0.3, answered_by="gpt2", abstained=True)
    chat_actions.set_feedback(Actor(visitor="ann"), sure, FeedbackValue.BAD, [FeedbackReasonCode.WANTED_HUMAN], "")
    assert _matches() == {sure.pk, unsure.pk}
    assert _matches(engines=["rules"]) == {sure.pk}
    assert _matches(languages=["zh-hans"]) == set()
    assert _matches(feedback=-1) == {sure.pk}
    assert _matches(confidence_below=0.5) == {unsure.pk}
    assert _matches(kind="abstained") == {unsure.pk}
    assert _matches(kind="person") == {sure.pk}
    assert _matches(kind="either") == {sure.pk, unsure.pk}


def test_the_answer_before_the_wish_for_a_person(queue: ReviewQueue):
    conversation = chat_actions.create_conversation(Actor(visitor="ann"))
    before = say(conversation, "My card is gone").reply
    say(conversation, "I want to talk to a human")
    first = say(chat_actions.create_conversation(Actor(visitor="bob")), "human please").reply
    assert _matches(kind="person") == {before.pk, first.pk}


def test_engines_that_cite_different_articles_disagree(queue: ReviewQueue):
    alike, apart = (compare(chat_actions.create_conversation(Actor(visitor="ann"))) for _ in range(2))
    for one in (alike.first, alike.second, apart.first):
        cite(one, "card_arrival")
    cite(apart.second, "lost_card")
    assert _matches(disagreed=True) == {apart.first_id, apart.second_id}


def test_what_runs_is_empty_or_deleted_stays_out(queue: ReviewQueue):
    gone, empty = answer(), answer()
    chat_actions.start_turn(chat_actions.create_conversation(Actor(visitor="ann")), "r", "Hi")
    Message.objects.filter(pk=empty.pk).update(content="")
    chat_actions.delete(gone.conversation)
    assert _matches() == set()


def test_the_command_fills_too(queue: ReviewQueue, capsys: pytest.CaptureFixture[str]):
    answer()
    rule(queue)
    call_command("fill_reviews")
    call_command("fill_reviews")
    assert capsys.readouterr().out == "1 answer added.\n0 answers added.\n"
