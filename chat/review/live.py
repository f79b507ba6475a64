"""Comparisons in running conversations: what the chat asks of this room (see chat.comparing)."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.utils import timezone

from chat.access import Actor
from chat.comparing import Contest, Verdict, owner_of
from chat.enums import Better
from chat.models import Message
from chat.review import access, actions, queries
from chat.review.actions import Candidate, Vote
from chat.review.enums import Audience, Outcome, VoteReason
from chat.review.labels import engine_label
from chat.review.models import Comparison

FOR_BAD = (VoteReason.WRONG, VoteReason.OFF_TOPIC, VoteReason.BROKEN, VoteReason.NEEDS_PERSON)


class LiveRecords:
    """The chat's comparisons, kept as rows of this room. A is always created first, the engines are drawn."""

    def is_reviewer(self, actor: Actor) -> bool:
        """Staff with the permission."""
        user = get_user_model().objects.filter(pk=actor.user_id or 0).first()
        return user is not None and access.may_review(user)

    def begin(self, a: Message, b: Message, contest: Contest) -> None:
        """Store the comparison."""
        first, second = (Candidate(reply, engine) for reply, engine in zip((a, b), contest.engines, strict=True))
        actions.create_comparison(first, second, Audience(contest.audience), left_is_first=True)

    def engines(self, question: Message) -> tuple[str, str]:
        """Left and right."""
        found = queries.live_comparison(question)
        return found.left_engine, found.right_engine

    def verdict(self, question: Message) -> Verdict | None:
        """The owner's vote."""
        comparison = queries.live_comparison(question)
        vote = queries.vote_of(owner_of(question.conversation), comparison)
        if vote is None:
            return None
        better = _BETTER[_seen(comparison, Outcome(vote.outcome))]
        return Verdict(better, tuple(vote.reasons), vote.guessed, vote.guess_right)

    def vote(self, question: Message, verdict: Verdict) -> None:
        """Store the owner's vote, with the time since they asked."""
        comparison = queries.live_comparison(question)
        since = timezone.now() - comparison.created_at
        reasons: tuple = tuple(verdict.reasons)
        outcome = _seen(comparison, _OUTCOME[verdict.better])
        vote = Vote(outcome, reasons, verdict.guess, int(since.total_seconds() * 1000))
        actions.record_vote(comparison, owner_of(question.conversation), vote)

    def claim(self, visitor: Actor, user: Actor) -> None:
        """Give a visitor's votes to the account."""
        actions.claim_votes(visitor, user)

    def label(self, engine: str) -> str:
        """The same name as in the report."""
        return engine_label(engine)

    def reasons(self) -> dict[str, list[tuple[str, str]]]:
        """The reasons of this room, divided."""
        codes = {"better": [code for code in VoteReason if code not in FOR_BAD], "bad": list(FOR_BAD)}
        return {kind: [(code.value, str(code.label)) for code in found] for kind, found in codes.items()}


_OUTCOME = {
    Better.A: Outcome.FIRST,
    Better.B: Outcome.SECOND,
    Better.TIE: Outcome.TIE,
    Better.BOTH_BAD: Outcome.BOTH_BAD,
}
_BETTER = {outcome: better for better, outcome in _OUTCOME.items()}
_SWAPPED = {Outcome.FIRST: Outcome.SECOND, Outcome.SECOND: Outcome.FIRST}


def _seen(comparison: Comparison, outcome: Outcome) -> Outcome:
    """First and second as left and right, or the other way round."""
    return outcome if comparison.left_is_first else _SWAPPED.get(outcome, outcome)
