"""Who may compare and review, and the only way from a client's id to a row of this room."""

from __future__ import annotations

import uuid
from typing import Any

from chat.enums import Role
from chat.errors import NotFound
from chat.models import Conversation, Message
from chat.review.models import Assignment, Comparison

VIEW_COMPARISON = "review.view_comparison"
READ_TRANSCRIPTS = "chat.read_transcripts"
ADD_REVIEW = "review.add_review"
ADJUDICATE = "review.adjudicate"


def may_review(user: Any) -> bool:
    """Whether these pages are for this person: staff with the permission, and superusers."""
    return bool(user.is_active and user.is_staff and user.has_perm(VIEW_COMPARISON))


def may_read(user: Any) -> bool:
    """Whether this person may also see what visitors wrote."""
    return may_review(user) and bool(user.has_perm(READ_TRANSCRIPTS))


def may_rate(user: Any) -> bool:
    """Whether this person may review answers."""
    return may_read(user) and bool(user.has_perm(ADD_REVIEW))


def may_decide(user: Any) -> bool:
    """Whether this person may decide where reviewers differ."""
    return may_rate(user) and bool(user.has_perm(ADJUDICATE))


def get_assignment(user: Any, assignment_id: uuid.UUID) -> Assignment:
    """An answer that was given to this reviewer; NotFound if it is another's."""
    rows = Assignment.objects.filter(reviewer=user, item__message__conversation__deleted_at__isnull=True)
    related = ("item__queue", "item__message__conversation", "item__message__parent", "item__message__generation")
    try:
        return rows.select_related(*related).get(public_id=assignment_id)
    except Assignment.DoesNotExist:
        raise NotFound() from None


def get_comparison(conversation: Conversation, comparison_id: uuid.UUID) -> Comparison:
    """A comparison through its conversation, which chat.access has given out; NotFound if it is another's."""
    rows = Comparison.objects.filter(conversation=conversation).select_related("first", "second", "prompt")
    try:
        return rows.get(public_id=comparison_id)
    except Comparison.DoesNotExist:
        raise NotFound() from None


def get_question(user: Any, question_id: uuid.UUID) -> Message:
    """A visitor's question, for those who may read what visitors wrote; NotFound for all others."""
    if not may_read(user):
        raise NotFound()
    try:
        return Message.objects.get(public_id=question_id, role=Role.USER, conversation__deleted_at__isnull=True)
    except Message.DoesNotExist:
        raise NotFound() from None


def get_answer(user: Any, message_id: uuid.UUID) -> Message:
    """An answer with its record, for those who may read what visitors wrote; NotFound for all others."""
    if not may_read(user):
        raise NotFound()
    rows = Message.objects.filter(role=Role.ASSISTANT, generation__isnull=False, conversation__deleted_at__isnull=True)
    try:
        return rows.select_related("conversation", "generation").get(public_id=message_id)
    except Message.DoesNotExist:
        raise NotFound() from None
