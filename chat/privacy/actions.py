"""Every change for the sake of privacy: one function each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from chat.models import Conversation, PersonalDataRead


def open_personal_data(reader: Any, conversation: Conversation, reason: str) -> PersonalDataRead:
    """Note why somebody needs the personal data of a conversation; from now on they see it for a while."""
    until = timezone.now() + timedelta(minutes=settings.CHAT_PERSONAL_DATA_MINUTES)
    return PersonalDataRead.objects.create(conversation=conversation, reader=reader, reason=reason, until=until)
