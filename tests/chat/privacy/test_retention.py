"""What is past its time goes, kind by kind; what is under review or running stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.utils import timezone

from chat import actions
from chat.access import Actor
from chat.models import Conversation, Message
from chat.privacy.actions import BATCH
from chat.privacy.retention import Kind, due, retain
from chat.review.actions import reserve, submit
from chat.review.enums import ItemState
from chat.review.models import ReviewItem
from chatsite.settings import env_days
from tests.chat.conftest import client_id
from tests.chat.review.reviewing import answer, card, person, queued, shipped

DAYS = {Kind.DELETED: 10, Kind.REVIEWED: 300, Kind.ACCOUNT: 200, Kind.VISITOR: 100}


@pytest.fixture(autouse=True)
def _days(settings: LazySettings) -> None:
    settings.CHAT_RETENTION_DAYS = {kind.value: days for kind, days in DAYS.items()}


def aged(conversation: Conversation, days: int, **fields: object) -> int:
    """Its last message is so many days old."""
    then = timezone.now() - timedelta(days=days)
    Conversation.objects.filter(pk=conversation.pk).update(updated_at=then, **fields)
    return conversation.pk


def dues() -> dict[Kind, list[int]]:
    """What is due, of the kinds of which anything is."""
    found = {kind: [row.pk for row in due(kind, timezone.now())] for kind in Kind}
    return {kind: keys for kind, keys in found.items() if keys}


@pytest.mark.django_db
def test_each_kind_has_its_own_time() -> None:
    user = Actor(user_id=person().pk)
    old = aged(answer().conversation, 101)
    aged(answer().conversation, 99)
    owned = actions.create_conversation(user)
    aged(owned, 199)
    of_account = aged(actions.create_conversation(user), 201)
    hidden, fresh = answer().conversation, answer().conversation
    aged(fresh, 300, deleted_at=timezone.now() - timedelta(days=9))
    gone = aged(hidden, 300, deleted_at=timezone.now() - timedelta(days=11))
    assert dues() == {Kind.DELETED: [gone], Kind.ACCOUNT: [of_account], Kind.VISITOR: [old]}


@pytest.mark.django_db
def test_what_is_under_review_waits_and_what_was_reviewed_is_kept_longer() -> None:
    queue, reviewer = shipped(), person()
    message = answer()
    item = queued(queue, message)
    key = aged(message.conversation, 1000)
    assert dues() == {}
    submit(reserve(queue, reviewer)[0], card())
    assert dues() == {}  # a second reviewer is still wanted
    ReviewItem.objects.filter(pk=item.pk).update(state=ItemState.DONE)
    assert dues() == {Kind.REVIEWED: [key]}
    aged(message.conversation, 250)
    assert dues() == {}


@pytest.mark.django_db
def test_what_somebody_deleted_goes_but_not_from_a_reviewers_hands() -> None:
    queue, reviewer = shipped(), person()
    message = answer()
    queued(queue, message)
    [assignment] = reserve(queue, reviewer)
    key = aged(message.conversation, 30, deleted_at=timezone.now() - timedelta(days=30))
    assert dues() == {}
    type(assignment).objects.update(reserved_until=timezone.now() - timedelta(seconds=1))
    assert dues() == {Kind.DELETED: [key]}


@pytest.mark.django_db
def test_a_running_reply_keeps_its_conversation() -> None:
    message = answer()
    actions.start_turn(message.conversation, client_id(), "And where is my money?")
    aged(message.conversation, 1000)
    assert dues() == {}


@pytest.mark.django_db
def test_nothing_is_due_without_a_number_of_days(settings: LazySettings) -> None:
    aged(answer().conversation, 10_000)
    settings.CHAT_RETENTION_DAYS = dict.fromkeys(Kind, 0)
    assert dues() == {}


@pytest.mark.django_db
def test_batches_leave_nothing_and_touch_nothing_else() -> None:
    then = timezone.now() - timedelta(days=101)
    rows = Conversation.objects.bulk_create(Conversation(visitor="v", title=str(n)) for n in range(BATCH + 3))
    Conversation.objects.filter(pk__in=[row.pk for row in rows]).update(updated_at=then)
    kept = answer()
    assert list(retain(Kind.VISITOR, timezone.now())) == [BATCH, 3]
    assert list(Conversation.objects.all()) == [kept.conversation]
    assert Message.objects.count() == 2


@pytest.mark.django_db
def test_the_command_counts_first_and_deletes_then(
    capsys: pytest.CaptureFixture[str], settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "C.UTF-8")
    settings.CHAT_RETENTION_DAYS = {**settings.CHAT_RETENTION_DAYS, "account": 0}
    aged(answer().conversation, 101)
    call_command("retain", dry_run=True)
    assert capsys.readouterr().out.splitlines() == [
        "Deleted by their owners, older than 10 days: 0 conversations are due.",
        "With a review, older than 300 days: 0 conversations are due.",
        "Of accounts: kept for ever.",
        "Of visitors without an account, older than 100 days: 1 conversation is due.",
    ]
    assert Conversation.objects.count() == 1
    call_command("retain", verbosity=2)
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "Of visitors without an account: 1 so far",
        "Of visitors without an account, older than 100 days: 1 conversation deleted.",
    ]
    assert Conversation.objects.count() == 0


def test_a_negative_number_of_days_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUOLOGUE_RETENTION_VISITOR_DAYS", "-1")
    with pytest.raises(ImproperlyConfigured):
        env_days("DUOLOGUE_RETENTION_VISITOR_DAYS")
