"""Who gets which answer to review.

What decides between two reviewers is the lock on the item: on PostgreSQL the row's, on SQLite the database's, as
every transaction there begins with a write lock.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from chat.review import waiting
from chat.review.enums import AssignmentState, Purpose, SkipReason
from chat.review.errors import ReservationLost
from chat.review.models import Assignment, ReviewItem, ReviewQueue

ATTEMPTS = 5


def reserve(queue: ReviewQueue, reviewer: Any, wanted: int = 1, purpose: Purpose = Purpose.REVIEW) -> list[Assignment]:
    """The next items of a reviewer, as many as wanted if there are so many: first those that they hold already."""
    _expire(reviewer)
    held = [one for one in waiting.held(queue, reviewer, purpose)[:wanted] if renew(one)]
    while len(held) < wanted and (new := _claim(queue, reviewer, purpose)) is not None:
        held.append(new)
    return held


def renew(assignment: Assignment) -> bool:
    """Keep it for some minutes more; False when it is not reserved any more."""
    until = _until(assignment.item.queue)
    rows = Assignment.objects.filter(pk=assignment.pk, state=AssignmentState.RESERVED)
    return bool(rows.update(reserved_until=until))


def skip(assignment: Assignment, reason: SkipReason) -> None:
    """Leave it to others; it never comes back to this reviewer."""
    rows = Assignment.objects.filter(pk=assignment.pk, state=AssignmentState.RESERVED)
    if not rows.update(state=AssignmentState.SKIPPED, skip_reason=reason):
        raise ReservationLost()


def _expire(reviewer: Any) -> None:
    """Free what others have held for too long. One's own stays as long as nobody asks for it."""
    rows = Assignment.objects.filter(state=AssignmentState.RESERVED, reserved_until__lt=timezone.now())
    rows.exclude(reviewer=reviewer).update(state=AssignmentState.EXPIRED)


def _claim(queue: ReviewQueue, reviewer: Any, purpose: Purpose) -> Assignment | None:
    for _attempt in range(ATTEMPTS):
        keys = list(_candidates(queue, reviewer, purpose))
        if not keys:
            return None
        for key in keys:
            if (found := _take(key, reviewer, purpose)) is not None:
                return found
    return None


def _candidates(queue: ReviewQueue, reviewer: Any, purpose: Purpose) -> Iterable[int]:
    if purpose == Purpose.REVIEW and random.random() < queue.gold_share:
        gold = waiting.gold_for(queue, reviewer)
        if gold:
            return [random.choice(gold)]
    return waiting.items_for(queue, reviewer, purpose).values_list("pk", flat=True)[: waiting.LOOKED_AT]


def _take(item_id: int, reviewer: Any, purpose: Purpose) -> Assignment | None:
    with transaction.atomic():
        item = ReviewItem.objects.select_for_update().select_related("queue").get(pk=item_id)
        if not waiting.has_room(item, reviewer, purpose):
            return None
        fields = {"state": AssignmentState.RESERVED, "reserved_until": _until(item.queue), "purpose": purpose}
        found, _new = Assignment.objects.update_or_create(item=item, reviewer=reviewer, defaults=fields)
        return found


def _until(queue: ReviewQueue) -> datetime:
    return timezone.now() + timedelta(minutes=queue.reservation_minutes)
