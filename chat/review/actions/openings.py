"""What is noted of explanations."""

from __future__ import annotations

from typing import Any

from chat.models import Message
from chat.review.models import ExplanationOpening


def record_opening(reader: Any, message: Message) -> ExplanationOpening:
    """Note who looks at why an answer is as it is, and when."""
    return ExplanationOpening.objects.create(message=message, reader_id=reader.pk)
