"""Who sees e-mail addresses, phone, card, account and identity numbers: staff with the right, for a while after they
gave a reason for this conversation. Everybody else on the staff sees that there was one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.utils import timezone

from chat.models import Conversation, Feedback, Message, PersonalDataRead
from chat.privacy.masking import mask, mask_all

READ_PERSONAL_DATA = "chat.read_personal_data"


def may_ask(user: Any) -> bool:
    """Whether this person may see personal data for a reason."""
    return bool(user.has_perm(READ_PERSONAL_DATA))


def opened(user: Any, keys: Iterable[int]) -> dict[int, PersonalDataRead]:
    """Of these conversations, by key, those whose personal data this person may see now, and why."""
    if not may_ask(user):
        return {}
    rows = PersonalDataRead.objects.filter(reader_id=user.pk, conversation__in=list(keys), until__gt=timezone.now())
    return {row.conversation_id: row for row in rows.order_by("until")}


def eyes(user: Any, conversation: Conversation) -> Callable[[str], str]:
    """How this person sees the words of a conversation."""
    return str if opened(user, [conversation.pk]) else mask


def hide(conversation: Conversation, messages: Iterable[Message]) -> bool:
    """Mask what was loaded, in memory: rows for reading, never to be saved. Whether there was anything to mask."""
    found = [_hide(conversation, "title"), *(part for message in messages for part in _hide_message(message))]
    return any(found)


def _hide_message(message: Message) -> list[bool]:
    found = [_hide(message, "content")]
    if hasattr(message, "generation"):
        found.append(_hide(message.generation, "explanation"))
    ratings: list[Feedback] = list(message.feedback.all())
    return found + [_hide(rating, "comment") for rating in ratings]


def _hide(row: Any, field: str) -> bool:
    before = getattr(row, field)
    setattr(row, field, mask_all(before))
    return getattr(row, field) != before
