"""Reading comparisons. Writes nothing."""

from __future__ import annotations

from chat.access import Actor
from chat.errors import NotFound
from chat.models import Conversation, Message
from chat.review.enums import Mode
from chat.review.models import Comparison, ComparisonVote


def comparison_of(reply: Message) -> Comparison | None:
    """The comparison that a reply is part of, if it is."""
    rows = Comparison.objects.filter(prompt_id=reply.parent_id).select_related("first", "second")
    return next((row for row in rows if reply.pk in (row.first_id, row.second_id)), None)


def comparisons_of(conversation: Conversation) -> list[Comparison]:
    """Every comparison of a conversation, oldest first."""
    rows = Comparison.objects.filter(conversation=conversation).select_related("first", "second")
    return list(rows.order_by("pk"))


def live_comparison(question: Message) -> Comparison:
    """The comparison in which a visitor's question was answered; NotFound if it was answered once only."""
    rows = Comparison.objects.filter(prompt=question, mode=Mode.LIVE)
    found = rows.first()
    if found is None:
        raise NotFound()
    return found


def vote_of(actor: Actor, comparison: Comparison) -> ComparisonVote | None:
    """How this person has voted, if they have."""
    return ComparisonVote.objects.filter(comparison=comparison, rater_key=str(actor)).first()


def vote_count() -> int:
    """How many votes there are."""
    return ComparisonVote.objects.count()


def comparison_count() -> int:
    """How many pairs of answers there are."""
    return Comparison.objects.count()
