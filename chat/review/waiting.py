"""Reading the queue: what is there for whom. Writes nothing."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from chat.review.enums import OPEN_STATES, AssignmentState, ItemState, Purpose
from chat.review.models import Assignment, Criterion, Review, ReviewItem, ReviewQueue, RootCause, RubricVersion

LOOKED_AT = 50  # items at the head of the queue
COUNTED = 1000  # more than so many are left: nobody needs to know how many
LIVE = (AssignmentState.RESERVED, AssignmentState.SUBMITTED)


def the_queue() -> ReviewQueue | None:
    """The queue that the page works on: the first one."""
    return ReviewQueue.objects.select_related("rubric").order_by("pk").first()


def version_in_use(queue: ReviewQueue) -> RubricVersion | None:
    """The version of the rubric that reviews are given by."""
    return RubricVersion.objects.filter(rubric=queue.rubric_id, active=True).first()


def criteria_of(version: RubricVersion) -> list[Criterion]:
    """In their order."""
    return list(version.criteria.all())


def root_causes() -> list[tuple[RootCause, list[RootCause]]]:
    """What may be chosen: each group with its causes; a cause without others below it is a group of itself."""
    rows = list(RootCause.objects.filter(active=True))
    groups = [row for row in rows if row.parent_id is None]
    return [(group, [row for row in rows if row.parent_id == group.pk] or [group]) for group in groups]


def held(queue: ReviewQueue, reviewer: Any, purpose: Purpose = Purpose.REVIEW) -> QuerySet[Assignment]:
    """What a reviewer has in hand, oldest first."""
    rows = Assignment.objects.filter(item__queue=queue, reviewer=reviewer, purpose=purpose)
    state = [ItemState.NEEDS_ADJUDICATION] if purpose == Purpose.ADJUDICATE else [*OPEN_STATES]
    rows = rows.filter(state=AssignmentState.RESERVED, item__state__in=state)
    rows = rows.filter(item__message__conversation__deleted_at__isnull=True)
    return rows.select_related("item__queue", "item__message__conversation").order_by("pk")


def items_for(queue: ReviewQueue, reviewer: Any, purpose: Purpose = Purpose.REVIEW) -> QuerySet[ReviewItem]:
    """What a reviewer may take now, oldest first."""
    rows = _untouched(queue, reviewer)
    live = Q(assignments__state__in=LIVE)
    if purpose == Purpose.ADJUDICATE:
        rows = rows.filter(state=ItemState.NEEDS_ADJUDICATION)
        return rows.exclude(Exists(_live(Purpose.ADJUDICATE))).order_by("pk")
    rows = rows.filter(state__in=OPEN_STATES, is_gold=False)
    taken = Count("assignments", filter=live)
    return rows.annotate(taken=taken).filter(taken__lt=F("queue__reviews_per_item")).order_by("pk")


def gold_for(queue: ReviewQueue, reviewer: Any) -> list[int]:
    """Items with known scores that this reviewer has not had."""
    rows = _untouched(queue, reviewer).filter(state__in=OPEN_STATES, is_gold=True)
    return list(rows.values_list("pk", flat=True)[:LOOKED_AT])


def has_room(item: ReviewItem, reviewer: Any, purpose: Purpose) -> bool:
    """Whether this reviewer may take this item, as it is under the caller's lock."""
    mine = item.assignments.filter(reviewer=reviewer).exclude(state=AssignmentState.EXPIRED)
    if mine.exists():
        return False
    live = item.assignments.filter(state__in=LIVE, purpose=purpose).count()
    if purpose == Purpose.ADJUDICATE:
        return item.state == ItemState.NEEDS_ADJUDICATION and not live
    return item.state in OPEN_STATES and (item.is_gold or live < item.queue.reviews_per_item)


def left_for(queue: ReviewQueue, reviewer: Any, purpose: Purpose = Purpose.REVIEW) -> int:
    """How many items wait for this reviewer, those in hand included; COUNTED at most."""
    waiting = len(items_for(queue, reviewer, purpose).values_list("pk")[:COUNTED])
    return min(COUNTED, waiting + held(queue, reviewer, purpose).count())


def done_today(reviewer: Any) -> int:
    """How many reviews this reviewer has submitted since midnight."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return Review.objects.filter(assignment__reviewer=reviewer, submitted_at__gte=midnight).count()


def reviews_of(item: ReviewItem) -> list[Review]:
    """What was said of an item, decisions last."""
    rows = Review.objects.filter(assignment__item=item).select_related("assignment", "rubric_version")
    found = list(rows.prefetch_related("scores__criterion", "scores__root_cause").order_by("pk"))
    return sorted(found, key=lambda review: review.assignment.purpose == Purpose.ADJUDICATE)


def last_review(queue: ReviewQueue, reviewer: Any) -> Review | None:
    """The one that can still be taken back."""
    rows = Review.objects.filter(assignment__reviewer=reviewer, assignment__item__queue=queue, final=False)
    return rows.select_related("assignment__item__queue").order_by("-pk").first()


def levels_of(review: Review) -> dict[str, int | None]:
    """The levels by the key of the criterion."""
    return {score.criterion.key: score.value for score in review.scores.all()}


def _untouched(queue: ReviewQueue, reviewer: Any) -> QuerySet[ReviewItem]:
    """Without what this reviewer has had, and what they asked themselves."""
    mine = Assignment.objects.filter(item=OuterRef("pk"), reviewer=reviewer).exclude(state=AssignmentState.EXPIRED)
    rows = ReviewItem.objects.filter(queue=queue, message__conversation__deleted_at__isnull=True)
    return rows.exclude(Exists(mine)).exclude(message__conversation__owner=reviewer)


def _live(purpose: Purpose) -> QuerySet[Assignment]:
    return Assignment.objects.filter(item=OuterRef("pk"), purpose=purpose, state__in=LIVE)
