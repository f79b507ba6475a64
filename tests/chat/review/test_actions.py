"""Putting answers side by side, and voting."""

from __future__ import annotations

import pytest

from chat.access import Actor
from chat.errors import BadCommand, Conflict, NotFound
from chat.models import Conversation
from chat.review import actions
from chat.review.actions import Candidate, Vote, record_vote
from chat.review.enums import Audience, Outcome, VoteReason
from chat.review.errors import AlreadyVoted
from chat.review.models import Comparison, ComparisonVote
from tests.chat.conftest import say
from tests.chat.review.conftest import RATER, cite, compare


def test_a_comparison_keeps_what_its_messages_say(comparison: Comparison) -> None:
    assert (comparison.left_engine, comparison.right_engine) == ("rules", "gpt2")
    assert (comparison.language, comparison.mode, comparison.prompt) == ("en", "live", comparison.first.parent)
    assert comparison.first.parent_id == comparison.second.parent_id


def test_the_same_question_in_other_spelling_has_the_same_key(conversation: Conversation) -> None:
    texts = ("Where is my card?", "where is  MY card", "Where is your card?")
    keys = [compare(conversation, text).prompt_key for text in texts]
    assert [key == keys[0] for key in keys] == [True, True, False]


def test_answers_to_two_questions_are_not_compared(conversation: Conversation) -> None:
    one, other = say(conversation), say(conversation)
    for second in (other.reply, one.reply, other.message):
        with pytest.raises(Conflict):
            actions.create_comparison(Candidate(one.reply, "a"), Candidate(second, "b"), Audience.STAFF)


def test_a_vote_knows_its_topic_and_whether_the_guess_was_right(comparison: Comparison) -> None:
    cite(comparison.first, "-oos")
    cite(comparison.second, "card_arrival", "change_pin")
    reasons = (VoteReason.CLEAR, VoteReason.BRIEF)
    vote = record_vote(comparison, RATER, Vote(Outcome.SECOND, reasons, guessed="gpt2", ms=1200))
    assert (vote.outcome, vote.topic, vote.guess_right, vote.ms) == ("second", "card_arrival", False, 1200)
    assert (vote.reasons, vote.rater, vote.rater_key) == (["brief", "clear"], None, "visitor:rater")


@pytest.mark.parametrize(("guessed", "right"), [("", None), ("unsure", None), ("rules", True), ("gpt2", False)])
def test_a_guess_is_about_the_left_answer(comparison: Comparison, guessed: str, right: bool | None) -> None:
    assert record_vote(comparison, RATER, Vote(Outcome.TIE, guessed=guessed)).guess_right is right


@pytest.mark.parametrize(("outcome", "topic"), [("first", "one"), ("second", "two"), ("tie", "one")])
def test_the_topic_is_the_better_answers(comparison: Comparison, outcome: Outcome, topic: str) -> None:
    cite(comparison.first, "one")
    cite(comparison.second, "two")
    assert record_vote(comparison, RATER, Vote(outcome)).topic == topic


def test_the_first_vote_of_a_person_counts(comparison: Comparison) -> None:
    first = record_vote(comparison, RATER, Vote(Outcome.TIE))
    assert record_vote(comparison, RATER, Vote(Outcome.TIE)) == first
    with pytest.raises(AlreadyVoted):
        record_vote(comparison, RATER, Vote(Outcome.FIRST))
    record_vote(comparison, Actor(visitor="other"), Vote(Outcome.FIRST))
    assert ComparisonVote.objects.count() == 2


@pytest.mark.parametrize("vote", [Vote("left"), Vote("tie", guessed="router"), Vote("tie", ("because",))])
def test_what_does_not_exist_cannot_be_voted(comparison: Comparison, vote: Vote) -> None:
    with pytest.raises(BadCommand):
        record_vote(comparison, RATER, vote)


def test_nobody_cannot_vote(comparison: Comparison) -> None:
    with pytest.raises(NotFound):
        record_vote(comparison, Actor(), Vote(Outcome.TIE))
