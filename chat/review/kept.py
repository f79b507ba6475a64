"""Which conversations reviews need, for chat.privacy.retention."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from chat.review.enums import OPEN_STATES, AssignmentState, ItemState
from chat.review.models import Assignment, Review, ReviewItem

CONVERSATION = OuterRef("pk")


class Reviewed:
    """As conditions on conversations."""

    def done(self) -> Q:
        """With a review."""
        return Q(Exists(Review.objects.filter(assignment__item__message__conversation=CONVERSATION)))

    def waiting(self) -> Q:
        """With an answer that waits for a review or a decision; those with known scores wait for ever."""
        states = (*OPEN_STATES, ItemState.NEEDS_ADJUDICATION)
        return Q(Exists(ReviewItem.objects.filter(message__conversation=CONVERSATION, state__in=states))) | self.held()

    def held(self) -> Q:
        """With an answer that somebody reviews right now."""
        reserved = Assignment.objects.filter(state=AssignmentState.RESERVED, reserved_until__gt=timezone.now())
        return Q(Exists(reserved.filter(item__message__conversation=CONVERSATION)))
