"""Who gets which answer, what a scorecard has to have, and what becomes of the item."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from chat.errors import BadCommand, Conflict, NotFound
from chat.models import Conversation
from chat.review import actions, waiting
from chat.review.enums import AssignmentState, Purpose, SkipReason
from chat.review.errors import CauseMissing, Decided, Frozen, RatingMissing, ReservationLost, RubricChanged
from chat.review.models import Assignment, Review, ReviewItem, ReviewQueue, ReviewScore, RubricVersion
from tests.chat.review.reviewing import BEST, card, person, queued, shipped


@pytest.fixture
def queue(db: None) -> ReviewQueue:
    """The shipped one, without gold among the others."""
    found = shipped()
    found.gold_share = 0.0
    found.save()
    return found


@pytest.fixture
def amy(queue: ReviewQueue) -> User:
    return person()


@pytest.fixture
def ben(queue: ReviewQueue) -> User:
    return person()


def first(queue: ReviewQueue, reviewer: User, purpose: Purpose = Purpose.REVIEW) -> Assignment:
    """What this reviewer gets next."""
    return actions.reserve(queue, reviewer, 1, purpose)[0]


def state(item: ReviewItem) -> str:
    item.refresh_from_db()
    return item.state


def test_reserved_items_come_back_and_others_follow(queue: ReviewQueue, amy: User, ben: User):
    queue.reviews_per_item = 1
    queue.save()
    one, two, three = (queued(queue) for _ in range(3))
    assert [held.item_id for held in actions.reserve(queue, amy, 2)] == [one.pk, two.pk]
    assert [held.item_id for held in actions.reserve(queue, amy, 2)] == [one.pk, two.pk]
    assert [held.item_id for held in actions.reserve(queue, ben, 2)] == [three.pk]
    assert (waiting.left_for(queue, amy), waiting.left_for(queue, ben)) == (2, 1)
    Assignment.objects.filter(reviewer=amy).update(reserved_until=timezone.now() - timedelta(seconds=1))
    assert [held.item_id for held in actions.reserve(queue, ben, 3)] == [three.pk, one.pk, two.pk]


def test_one_reviews_an_item_once_and_never_ones_own_conversation(queue: ReviewQueue, amy: User, ben: User):
    item = queued(queue)
    actions.submit(first(queue, amy), card())
    assert (actions.reserve(queue, amy), state(item)) == ([], "needs_more")
    Conversation.objects.filter(pk=item.message.conversation_id).update(owner=ben, visitor="")
    assert actions.reserve(queue, ben) == []


def test_a_skipped_item_goes_to_others(queue: ReviewQueue, amy: User, ben: User):
    item = queued(queue)
    held = first(queue, amy)
    actions.skip(held, SkipReason.LANGUAGE)
    assert (actions.reserve(queue, amy), first(queue, ben).item_id) == ([], item.pk)
    with pytest.raises(ReservationLost):
        actions.skip(held, SkipReason.OTHER)
    with pytest.raises(ReservationLost):
        actions.submit(held, card())


def test_a_late_review_counts_while_there_is_room(queue: ReviewQueue, amy: User, ben: User):
    queue.reviews_per_item = 1
    queue.save()
    queued(queue)
    late = first(queue, amy)
    Assignment.objects.update(state=AssignmentState.EXPIRED)
    actions.submit(late, card())
    queued(queue)
    late = first(queue, ben)
    Assignment.objects.filter(pk=late.pk).update(reserved_until=timezone.now() - timedelta(seconds=1))
    actions.submit(first(queue, person()), card())
    with pytest.raises(ReservationLost):
        actions.submit(late, card())


def test_two_of_one_mind_are_done_and_two_who_differ_wait_for_a_lead(queue: ReviewQueue, amy: User, ben: User):
    alike, apart = queued(queue), queued(queue)
    for reviewer, level in ((amy, 5), (ben, 4)):
        actions.submit(first(queue, reviewer), card(correct=level))
    for reviewer, level in ((amy, 5), (ben, 3)):
        actions.submit(first(queue, reviewer), card(correct=level))
    assert (state(alike), state(apart)) == ("done", "needs_adjudication")
    lead = person("Review leads")
    assert actions.reserve(queue, amy, 1, Purpose.ADJUDICATE) == []
    decision = first(queue, lead, Purpose.ADJUDICATE)
    assert actions.reserve(queue, person("Review leads"), 1, Purpose.ADJUDICATE) == []
    actions.submit(decision, card(correct=3))
    assert state(apart) == "done"
    with pytest.raises(Decided):
        actions.undo(queue, ben)
    actions.undo(queue, lead)
    assert state(apart) == "needs_adjudication"


def test_what_is_stored(queue: ReviewQueue, amy: User):
    queued(queue)
    held = first(queue, amy)
    actions.record_opening(amy, held.item.message)
    review = actions.submit(held, card({"correct": "wrong_fact"}, correct=1, tone=None))
    assert (review.score, review.verdict, review.explain_opened) == (pytest.approx(60 / 90), "mixed", True)
    rows = ReviewScore.objects.values_list("criterion__key", "value", "is_na", "root_cause__key")
    assert set(rows) == {
        *(("correct", 1, False, "wrong_fact"), ("tone", None, True, None), ("safe", 2, False, None)),
        *((key, 3, False, None) for key in ("grounded", "complete", "clear")),
    }
    assert RubricVersion.objects.get().frozen


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"correct": 2}, CauseMissing),
        ({"correct": 6}, BadCommand),
        ({"correct": 0}, BadCommand),
        ({"safe": None}, RatingMissing),
        ({"other": 1}, RatingMissing),
    ],
)
def test_what_a_scorecard_must_have(queue: ReviewQueue, amy: User, wrong: dict[str, int | None], error: type):
    queued(queue)
    with pytest.raises(error):
        actions.submit(first(queue, amy), replace(card(), levels={**BEST, **wrong}))
    assert (Review.objects.count(), Assignment.objects.get().state) == (0, "reserved")


def test_the_last_review_can_be_taken_back_until_the_next(queue: ReviewQueue, amy: User):
    items = [queued(queue), queued(queue)]
    with pytest.raises(NotFound):
        actions.undo(queue, amy)
    for level in (5, 4):
        actions.submit(first(queue, amy), card(correct=level))
    back, said = actions.undo(queue, amy)
    assert (back.item_id, said.levels["correct"], state(items[1])) == (items[1].pk, 4, "open")
    with pytest.raises(NotFound):
        actions.undo(queue, amy)
    assert first(queue, amy).pk == back.pk


def test_items_with_known_scores_go_to_everybody(queue: ReviewQueue):
    queue.gold_share = 1.0
    queue.save()
    item = actions.add_gold(queue, queued(queue).message, {"correct": 5})
    for _ in range(3):
        actions.submit(first(queue, person()), card())
    assert (state(item), Review.objects.count(), ReviewItem.objects.count()) == ("open", 3, 1)


def test_a_new_version_is_a_copy_that_comes_into_use(queue: ReviewQueue, amy: User):
    queued(queue)
    actions.submit(first(queue, amy), card())
    old = RubricVersion.objects.get()
    with pytest.raises(Frozen):
        actions.require_unfrozen(old)
    new = actions.new_version(old)
    actions.require_unfrozen(new)
    actions.use_version(new)
    assert (new.number, new.frozen) == (2, False)
    assert list(new.criteria.values_list("key", "weight")) == list(old.criteria.values_list("key", "weight"))
    queued(queue)
    with pytest.raises(RubricChanged):
        actions.submit(first(queue, amy), card())


@pytest.mark.django_db(transaction=True)
def test_reviewers_at_the_same_time_never_double_an_item_and_never_get_stuck():
    """Three reviewers, two reviews an item: each item gets exactly two, of different people."""
    queue = shipped()
    ReviewQueue.objects.update(gold_share=0.0)
    queue.refresh_from_db()
    items = [queued(queue) for _ in range(9)]
    people = [person() for _ in range(3)]
    together, failed = threading.Barrier(len(people)), []

    def work(reviewer: User) -> None:
        try:
            together.wait()
            while held := actions.reserve(queue, reviewer, 2):
                actions.submit(held[0], card())
        except (Conflict, BadCommand, AssertionError) as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[reviewer]) for reviewer in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert {state(item): item.assignments.count() for item in items} == {"done": 2}
    assert Review.objects.count() == 2 * len(items)
