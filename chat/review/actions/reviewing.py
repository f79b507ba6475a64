"""Scorecards come in, are taken back, and settle an item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from django.db import transaction

from chat.errors import BadCommand, NotFound
from chat.review import scoring, waiting
from chat.review.actions.comparisons import MAX_MS
from chat.review.actions.reserving import renew
from chat.review.actions.rubrics import freeze
from chat.review.enums import AssignmentState, IdealSource, ItemState, Purpose
from chat.review.errors import CauseMissing, Decided, RatingMissing, ReservationLost, RubricChanged
from chat.review.models import (
    Assignment,
    Criterion,
    ExplanationOpening,
    Review,
    ReviewItem,
    ReviewQueue,
    ReviewScore,
    RootCause,
    RubricVersion,
)


@dataclass(frozen=True, slots=True)
class Scorecard:
    """What a reviewer says: levels (None: does not apply) and causes by the key of the criterion."""

    version: int
    levels: Mapping[str, int | None]
    causes: Mapping[str, str] = field(default_factory=dict)
    ideal_answer: str = ""
    ideal_source: str = ""
    comment: str = ""
    active_ms: int = 0


def submit(assignment: Assignment, card: Scorecard) -> Review:
    """Store a review; the item is done, or waits for another one, or for a decision."""
    if card.ideal_source and card.ideal_source not in IdealSource:
        raise BadCommand()
    with transaction.atomic():
        item = _lock(assignment.item_id)
        version = _version(item.queue, card)
        criteria = waiting.criteria_of(version)
        scores = _scores(criteria, card)
        _close(assignment, item)
        review = _store(assignment, version, card, scoring.score(criteria, card.levels))
        ReviewScore.objects.bulk_create(_of(review, score) for score in scores)
        freeze(version)
        _settle(item)
    return review


def undo(queue: ReviewQueue, reviewer: Any) -> tuple[Assignment, Scorecard]:
    """Take the last review back, and have its item again; what was said, to be changed."""
    review = waiting.last_review(queue, reviewer)
    if review is None:
        raise NotFound()
    with transaction.atomic():
        item = _lock(review.assignment.item_id)
        if review.assignment.purpose == Purpose.REVIEW and _decision(item):
            raise Decided()
        card = _card(review)
        review.delete()
        Assignment.objects.filter(pk=review.assignment_id).update(state=AssignmentState.RESERVED)
        renew(review.assignment)
        _settle(item)
    return review.assignment, card


def _lock(item_id: int) -> ReviewItem:
    return ReviewItem.objects.select_for_update(of=("self",)).select_related("queue").get(pk=item_id)


def _version(queue: ReviewQueue, card: Scorecard) -> RubricVersion:
    """The version in use, locked, so that nobody edits it while the first review by it comes in."""
    rows = RubricVersion.objects.select_for_update().filter(rubric=queue.rubric_id, active=True)
    version = rows.first()
    if version is None or version.number != card.version:
        raise RubricChanged()
    return version


def _close(assignment: Assignment, item: ReviewItem) -> None:
    """Submitted. A reservation that ran out counts as long as the item has room for it."""
    rows = Assignment.objects.filter(pk=assignment.pk)
    if rows.filter(state=AssignmentState.RESERVED).update(state=AssignmentState.SUBMITTED):
        return
    expired = rows.filter(state=AssignmentState.EXPIRED)
    if not waiting.has_room(item, assignment.reviewer_id, Purpose(assignment.purpose)):
        raise ReservationLost()
    if not expired.update(state=AssignmentState.SUBMITTED):
        raise ReservationLost()


def _scores(criteria: list[Criterion], card: Scorecard) -> list[ReviewScore]:
    """Unsaved; every criterion is there, and low ones have a cause."""
    if set(card.levels) != {criterion.key for criterion in criteria}:
        raise RatingMissing()
    causes = {cause.key: cause for _group, below in waiting.root_causes() for cause in below}
    return [
        _score(criterion, card.levels[criterion.key], causes.get(_cause(card, criterion))) for criterion in criteria
    ]


def _cause(card: Scorecard, criterion: Criterion) -> str:
    return card.causes.get(criterion.key, "")


def _score(criterion: Criterion, value: int | None, cause: RootCause | None) -> ReviewScore:
    if value is None:
        if not criterion.allow_na:
            raise RatingMissing()
        return ReviewScore(criterion=criterion, is_na=True)
    if not 1 <= value <= criterion.levels:
        raise BadCommand()
    low = scoring.is_low(criterion, value)
    if low and cause is None:
        raise CauseMissing()
    return ReviewScore(criterion=criterion, value=value, root_cause=cause if low else None)


def _of(review: Review, score: ReviewScore) -> ReviewScore:
    score.review = review
    return score


def _store(assignment: Assignment, version: RubricVersion, card: Scorecard, score: float | None) -> Review:
    """The review itself; with it, those before become final."""
    earlier = Review.objects.filter(assignment__reviewer=assignment.reviewer_id, final=False)
    earlier.filter(assignment__item__queue=assignment.item.queue_id).update(final=True)
    return Review.objects.create(
        assignment=assignment,
        rubric_version=version,
        verdict=scoring.verdict(score),
        score=score,
        ideal_answer=card.ideal_answer,
        ideal_source=card.ideal_source if card.ideal_answer else "",
        comment=card.comment,
        explain_opened=_explained(assignment),
        active_ms=min(max(card.active_ms, 0), MAX_MS),
    )


def _explained(assignment: Assignment) -> bool:
    """Whether this reviewer has looked at why the answer is as it is."""
    answer = assignment.item.message_id
    return ExplanationOpening.objects.filter(message=answer, reader=assignment.reviewer_id).exists()


def _card(review: Review) -> Scorecard:
    scores = list(review.scores.select_related("criterion", "root_cause"))
    return Scorecard(
        version=review.rubric_version.number,
        levels={score.criterion.key: score.value for score in scores},
        causes={score.criterion.key: score.root_cause.key for score in scores if score.root_cause},
        ideal_answer=review.ideal_answer,
        ideal_source=review.ideal_source,
        comment=review.comment,
        active_ms=review.active_ms,
    )


def _decision(item: ReviewItem) -> bool:
    return Review.objects.filter(assignment__item=item, assignment__purpose=Purpose.ADJUDICATE).exists()


def _settle(item: ReviewItem) -> None:
    """What the reviews that there are make of the item. One with known scores stays open, for everybody."""
    state = ItemState.OPEN if item.is_gold else _state(item)
    ReviewItem.objects.filter(pk=item.pk).exclude(state=ItemState.VOID).update(state=state)


def _state(item: ReviewItem) -> ItemState:
    reviews = waiting.reviews_of(item)
    if any(review.assignment.purpose == Purpose.ADJUDICATE for review in reviews):
        return ItemState.DONE
    if len(reviews) < item.queue.reviews_per_item:
        return ItemState.NEEDS_MORE if reviews else ItemState.OPEN
    apart = any(_differ(first, second) for first, second in combinations(reviews, 2))
    return ItemState.NEEDS_ADJUDICATION if apart else ItemState.DONE


def _differ(first: Review, second: Review) -> bool:
    criteria = [score.criterion for score in first.scores.all()]
    return scoring.differ(criteria, waiting.levels_of(first), waiting.levels_of(second))
