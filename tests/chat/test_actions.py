"""chat/actions.py: each works, refuses the wrong state, and leaves nothing half done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError
from django.utils import timezone

from chat import actions, queries
from chat.access import Actor
from chat.actions import Ending
from chat.enums import FeedbackReasonCode, FeedbackValue, Status
from chat.errors import Conflict, NotFound
from chat.models import Conversation, Feedback, Generation, Message
from tests.chat.conftest import client_id, end, say

pytestmark = pytest.mark.django_db

ENDED = [Status.COMPLETE, Status.STOPPED, Status.FAILED, Status.INTERRUPTED]


def _running(conversation: Conversation, text: str = "Where is my card?") -> actions.Turn:
    return actions.start_turn(conversation, client_id(), text)


def _fresh(row: Any) -> Any:
    row.refresh_from_db()
    return row


def _counts() -> tuple[int, int]:
    return Message.objects.count(), Generation.objects.count()


# --- create, start, edit -----------------------------------------------------------------------------------


def test_a_conversation_belongs_to_a_visitor_or_to_an_account(ann: Actor):
    user = User.objects.create_user("carol")
    visitors, accounts = actions.create_conversation(ann, "zh-hans"), actions.create_conversation(Actor(user.pk, "ann"))
    assert (visitors.owner, visitors.visitor, visitors.language) == (None, "ann", "zh-hans")
    assert (accounts.owner_id, accounts.visitor) == (user.pk, "")
    with pytest.raises(NotFound):
        actions.create_conversation(Actor())


def test_a_turn_is_a_question_and_an_empty_reply(conversation: Conversation):
    before = timezone.now()
    turn = _running(conversation, "我的卡\n在哪里？")
    message, reply = turn.message, turn.reply
    assert (message.role, message.status, message.content, message.parent) == (
        "user",
        "complete",
        "我的卡\n在哪里？",
        None,
    )
    assert (reply.role, reply.status, reply.content, reply.parent, reply.seq) == (
        *("assistant", "streaming", "", message, 0),
    )
    assert (reply.generation.backend, reply.generation.sampling["temperature"]) == ("default", 0.0)
    conversation = _fresh(conversation)
    assert (conversation.title, conversation.language) == ("我的卡 在哪里？", "zh-hans")
    assert conversation.active_leaf == reply
    assert conversation.updated_at >= before


def test_a_second_turn_goes_below_the_first_and_leaves_the_title(conversation: Conversation):
    first = say(conversation, "First")
    second = _running(conversation, "第二")
    assert second.message.parent == first.reply
    conversation = _fresh(conversation)
    assert (conversation.title, conversation.language, second.titled) == ("First", "en", False)


def test_a_long_first_message_gives_a_short_title(conversation: Conversation):
    _running(conversation, "word " * 100)
    title = _fresh(conversation).title
    assert (len(title), title[-1]) == (60, "…")


def test_the_same_message_sent_again_is_the_same_turn(conversation: Conversation):
    key = client_id()
    first = actions.start_turn(conversation, key, "Hi")
    again = actions.start_turn(conversation, key, "Hi")
    assert (again.message, again.reply, again.created) == (first.message, first.reply, False)
    end(first.reply)
    assert actions.start_turn(conversation, key, "Hi").reply == first.reply
    assert _counts() == (2, 1)


def test_the_same_id_with_another_text_is_a_conflict(conversation: Conversation):
    key = client_id()
    actions.start_turn(conversation, key, "Hi")
    with pytest.raises(Conflict):
        actions.start_turn(conversation, key, "Ho")
    assert _counts() == (2, 1)


def test_a_client_id_belongs_to_its_conversation(conversation: Conversation, bob: Actor):
    key = client_id()
    actions.start_turn(conversation, key, "Hi")
    assert actions.start_turn(actions.create_conversation(bob), key, "Ho").created


def test_no_second_turn_while_a_reply_runs(conversation: Conversation):
    _running(conversation)
    with pytest.raises(Conflict):
        _running(conversation)
    assert _counts() == (2, 1)


def test_the_database_itself_refuses_a_second_running_reply(conversation: Conversation):
    reply = _running(conversation).reply
    with pytest.raises(IntegrityError):
        Message.objects.create(conversation=conversation, role="assistant", status="streaming", parent=reply.parent)


@pytest.mark.parametrize("known", [True, False])
def test_losing_the_race_for_a_turn_is_the_turn_or_a_conflict(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch, known: bool
):
    """Another process stored its turn between our look and our write."""
    key, other = client_id(), client_id()
    first = actions.start_turn(conversation, key if known else other, "Hi")
    looks: list[Message | None] = [None]
    find = queries.find_turn
    monkeypatch.setattr(queries, "find_turn", lambda *args: looks.pop() if looks else find(*args))
    monkeypatch.setattr(queries, "running_replies", lambda conversation: [])
    if known:
        assert actions.start_turn(conversation, key, "Hi").reply == first.reply
    else:
        with pytest.raises(Conflict):
            actions.start_turn(conversation, key, "Hi")
    assert _counts() == (2, 1)


def test_an_edit_is_a_sibling(conversation: Conversation):
    first, second = say(conversation, "First"), say(conversation, "Second")
    edited = actions.edit_message(second.message, client_id(), "Other")
    assert (edited.message.parent, edited.message.content) == (first.reply, "Other")
    assert _fresh(second.message).content == "Second"
    assert _fresh(conversation).active_leaf == edited.reply


def test_an_edit_sent_again_is_the_same_turn(conversation: Conversation):
    turn, key = say(conversation), client_id()
    first = actions.edit_message(turn.message, key, "Other")
    assert actions.edit_message(turn.message, key, "Other").reply == first.reply
    with pytest.raises(Conflict):
        actions.edit_message(turn.message, key, "Another")


def test_no_edit_of_a_reply_or_while_one_runs(conversation: Conversation):
    turn = say(conversation)
    with pytest.raises(Conflict):
        actions.edit_message(turn.reply, client_id(), "Other")
    _running(conversation)
    with pytest.raises(Conflict):
        actions.edit_message(turn.message, client_id(), "Other")


# --- regenerate, continue, stop, finish ---------------------------------------------------------------------


@pytest.mark.parametrize("status", ENDED)
def test_another_reply_is_a_sibling(conversation: Conversation, status: Status):
    turn = _running(conversation)
    first = end(turn.reply, status)
    second = actions.regenerate(first)
    assert (second.parent, second.status, second.content) == (turn.message, "streaming", "")
    assert _fresh(conversation).active_leaf == second
    assert _fresh(first).status == status
    sampled = second.generation.sampling["temperature"] > 0
    assert sampled is (status == Status.COMPLETE)
    assert (second.generation.seed is not None) is sampled


def test_no_other_reply_to_a_question_or_while_one_runs(conversation: Conversation):
    turn = say(conversation)
    with pytest.raises(Conflict):
        actions.regenerate(turn.message)
    _running(conversation)
    with pytest.raises(Conflict):
        actions.regenerate(turn.reply)
    assert _counts() == (4, 2)


@pytest.mark.parametrize("status", [Status.INTERRUPTED, Status.STOPPED])
def test_a_reply_that_was_cut_short_goes_on(conversation: Conversation, status: Status):
    reply = end(_running(conversation).reply, status, "On its")
    again = actions.continue_reply(reply)
    assert (again, again.status, again.content, again.seq) == (reply, "streaming", "On its", 1)


@pytest.mark.parametrize("status", [Status.COMPLETE, Status.FAILED, Status.STREAMING])
def test_no_other_reply_goes_on(conversation: Conversation, status: Status):
    reply = _running(conversation).reply
    if status != Status.STREAMING:
        reply = end(reply, status)
    with pytest.raises(Conflict):
        actions.continue_reply(reply)


def test_no_reply_goes_on_when_the_conversation_has(conversation: Conversation):
    turn = _running(conversation)
    stopped = end(turn.reply, Status.STOPPED)
    say(conversation)
    with pytest.raises(Conflict):
        actions.continue_reply(stopped)
    with pytest.raises(Conflict):
        actions.continue_reply(turn.message)
    assert _fresh(stopped).status == "stopped"


def test_stop_keeps_the_text_and_can_be_said_twice(conversation: Conversation):
    reply = _running(conversation).reply
    Message.objects.filter(pk=reply.pk).update(content="On its", seq=4)
    for _ in range(2):
        stopped = actions.stop_reply(reply)
        assert (stopped.status, stopped.content, stopped.seq) == ("stopped", "On its", 4)
    assert stopped.generation.finish_reason == "cancelled"


@pytest.mark.parametrize("status", ENDED)
def test_stop_changes_nothing_that_has_ended(conversation: Conversation, status: Status):
    reply = end(_running(conversation).reply, status)
    assert actions.stop_reply(reply).status == status


def test_stop_is_for_replies(conversation: Conversation):
    with pytest.raises(Conflict):
        actions.stop_reply(_running(conversation).message)


def test_a_finished_reply_has_its_record(conversation: Conversation):
    reply = _running(conversation).reply
    done = actions.finish_reply(reply.pk, Ending(Status.FAILED, {"prompt_tokens": 7}, "overloaded"))
    assert done is not None
    assert (done.status, done.generation.prompt_tokens, done.generation.error_class) == ("failed", 7, "overloaded")


def test_a_reply_that_was_stopped_is_not_finished_but_its_figures_are_kept(conversation: Conversation):
    reply = actions.stop_reply(_running(conversation).reply)
    assert actions.finish_reply(reply.pk, Ending(Status.COMPLETE, {"prompt_tokens": 7})) is None
    actions.record_generation(reply.pk, {"completion_tokens": 3})
    reply = queries.reply_for_run(reply.pk)
    assert (reply.status, reply.generation.prompt_tokens, reply.generation.completion_tokens) == ("stopped", 7, 3)


# --- versions, feedback ------------------------------------------------------------------------------------


def test_choosing_a_version_shows_its_newest_branch(conversation: Conversation):
    first = say(conversation)
    below = say(conversation, "And then?")
    second = end(actions.regenerate(first.reply))
    assert _fresh(conversation).active_leaf == second
    assert actions.select_version(first.reply).active_leaf_id == below.reply.pk
    assert _fresh(conversation).active_leaf == below.reply


def test_no_other_version_while_a_reply_runs(conversation: Conversation):
    first = say(conversation)
    actions.regenerate(first.reply)
    with pytest.raises(Conflict):
        actions.select_version(first.reply)


def _reasons(feedback: Feedback) -> list[str]:
    return sorted(reason.code for reason in feedback.reasons.all())


def test_feedback_is_stored_changed_and_taken_back(conversation: Conversation, ann: Actor):
    reply = say(conversation).reply
    wrong, slow = FeedbackReasonCode.WRONG, FeedbackReasonCode.SLOW
    first = actions.set_feedback(ann, reply, FeedbackValue.BAD, [wrong, slow], "No")
    assert (first.actor, first.value, first.comment, _reasons(first)) == ("visitor:ann", -1, "No", ["slow", "wrong"])
    second = actions.set_feedback(ann, reply, FeedbackValue.GOOD, [FeedbackReasonCode.GOOD_CLEAR], "")
    assert (second.pk, second.value, second.comment, _reasons(second)) == (first.pk, 1, "", ["good_clear"])
    for _ in range(2):
        actions.clear_feedback(ann, reply)
    assert Feedback.objects.count() == 0


def test_two_people_have_two_opinions(conversation: Conversation, ann: Actor, bob: Actor):
    reply = say(conversation).reply
    for actor in (ann, bob):
        actions.set_feedback(actor, reply, FeedbackValue.GOOD, [], "")
    actions.clear_feedback(bob, reply)
    assert [row.actor for row in Feedback.objects.all()] == ["visitor:ann"]


def test_only_a_finished_reply_has_feedback(conversation: Conversation, ann: Actor):
    turn = _running(conversation)
    refused: list[Callable[[], object]] = [
        lambda: actions.set_feedback(ann, turn.message, FeedbackValue.GOOD, [], ""),
        lambda: actions.set_feedback(ann, turn.reply, FeedbackValue.GOOD, [], ""),
        lambda: actions.clear_feedback(ann, turn.message),
    ]
    for act in refused:
        with pytest.raises(Conflict):
            act()
    assert Feedback.objects.count() == 0


# --- the conversation as a whole ----------------------------------------------------------------------------


def test_a_renamed_conversation_keeps_its_name(conversation: Conversation):
    actions.rename(conversation, "Card")
    say(conversation, "Something else")
    assert _fresh(conversation).title == "Card"


def test_deleting_stops_the_reply_and_can_be_undone(conversation: Conversation):
    reply = _running(conversation).reply
    assert actions.delete(conversation) == [reply]
    assert (_fresh(reply).status, _fresh(conversation).deleted_at is None) == ("stopped", False)
    for _ in range(2):
        actions.restore(conversation)
        assert _fresh(conversation).deleted_at is None
    assert actions.delete(conversation) == []


def test_nothing_is_written_into_a_deleted_conversation(conversation: Conversation):
    turn = say(conversation)
    stopped = end(_running(conversation).reply, Status.STOPPED)
    actions.delete(conversation)
    late: list[Callable[[], object]] = [
        lambda: _running(conversation),
        lambda: actions.edit_message(turn.message, client_id(), "Other"),
        lambda: actions.regenerate(turn.reply),
        lambda: actions.continue_reply(stopped),
        lambda: actions.select_version(turn.reply),
    ]
    for act in late:
        with pytest.raises(NotFound):
            act()
    assert _counts() == (4, 2)


def test_a_visitors_conversations_and_ratings_go_to_the_account(conversation: Conversation, ann: Actor, bob: Actor):
    user = Actor(User.objects.create_user("carol").pk, "ann")
    reply = say(conversation).reply
    actions.set_feedback(ann, reply, FeedbackValue.GOOD, [], "")
    theirs = actions.create_conversation(bob)
    assert [actions.claim(ann, user), actions.claim(ann, user)] == [1, 0]
    conversation, theirs = _fresh(conversation), _fresh(theirs)
    assert (conversation.owner_id, conversation.visitor, theirs.visitor) == (user.user_id, "", "bob")
    assert [row.actor for row in Feedback.objects.all()] == [str(user)]


def test_only_a_visitor_is_claimed_and_only_by_an_account(conversation: Conversation, ann: Actor, bob: Actor):
    for visitor, user in ((ann, bob), (Actor(), Actor(1)), (Actor(1), Actor(2)), (ann, Actor())):
        with pytest.raises(NotFound):
            actions.claim(visitor, user)
    assert _fresh(conversation).visitor == "ann"
