"""Comparisons, votes on them, and gaps that are put aside."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction

from chat.access import Actor
from chat.enums import Role
from chat.errors import BadCommand, Conflict, NotFound
from chat.models import Generation, Message
from chat.review import queries
from chat.review.enums import UNSURE, Audience, Mode, Outcome, VoteReason
from chat.review.errors import AlreadyVoted
from chat.review.models import Comparison, ComparisonVote, GapDismissal
from chat.review.prompts import prompt_key

MAX_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reply and the engine (a name in settings.INFERENCE) that was asked for it."""

    reply: Message
    engine: str


@dataclass(frozen=True, slots=True)
class Vote:
    """What a rater said. `guessed` is the engine taken for the left answer's author, "unsure", or empty."""

    outcome: Outcome
    reasons: tuple[VoteReason, ...] = ()
    guessed: str = ""
    ms: int = 0


def create_comparison(
    first: Candidate, second: Candidate, offered_to: Audience, mode: Mode = Mode.LIVE, left_is_first: bool | None = None
) -> Comparison:
    """Put two replies to one question side by side; which is on the left is drawn unless it is said."""
    prompt = first.reply.parent
    if prompt is None or prompt.pk != second.reply.parent_id or first.reply.pk == second.reply.pk:
        raise Conflict()
    if {first.reply.role, second.reply.role} != {Role.ASSISTANT}:
        raise Conflict()
    return Comparison.objects.create(
        conversation_id=prompt.conversation_id,
        prompt=prompt,
        prompt_key=prompt_key(prompt.content),
        language=prompt.conversation.language,
        mode=mode,
        offered_to=offered_to,
        first=first.reply,
        second=second.reply,
        first_engine=first.engine,
        second_engine=second.engine,
        left_is_first=random.random() < 0.5 if left_is_first is None else left_is_first,
    )


def record_vote(comparison: Comparison, rater: Actor, vote: Vote) -> ComparisonVote:
    """Store a person's vote. The same again gives the first one; another one is refused, as the names are known."""
    _require_known(comparison, vote)
    if not rater:
        raise NotFound()
    try:
        with transaction.atomic():
            return _create_vote(comparison, rater, vote)
    except IntegrityError:
        found = queries.vote_of(rater, comparison)
        if found is None or found.outcome != vote.outcome:
            raise AlreadyVoted() from None
        return found


def claim_votes(visitor: Actor, user: Actor) -> None:
    """Give a visitor's votes to the account that takes their conversations along."""
    ComparisonVote.objects.filter(rater_key=str(visitor)).update(rater_key=str(user), rater_id=user.user_id)


def dismiss_gap(keys: Iterable[str], until: datetime, user: AbstractBaseUser | AnonymousUser) -> None:
    """Put questions aside, as far as they were asked until then."""
    rows = [GapDismissal(prompt_key=key, until=until, dismissed_by_id=user.pk) for key in set(keys)]
    GapDismissal.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["prompt_key"],
        update_fields=["until", "dismissed_by", "dismissed_at"],
    )


def restore_gap(keys: Iterable[str]) -> None:
    """Take questions back that were put aside; harmless when they were not."""
    GapDismissal.objects.filter(prompt_key__in=set(keys)).delete()


def _create_vote(comparison: Comparison, rater: Actor, vote: Vote) -> ComparisonVote:
    guess_right = None if vote.guessed in ("", UNSURE) else vote.guessed == comparison.left_engine
    return ComparisonVote.objects.create(
        comparison=comparison,
        rater_id=rater.user_id,
        rater_key=str(rater),
        outcome=vote.outcome,
        reasons=sorted({VoteReason(reason).value for reason in vote.reasons}),
        guessed=vote.guessed,
        guess_right=guess_right,
        topic=_topic(comparison, vote.outcome),
        ms=min(max(vote.ms, 0), MAX_MS),
    )


def _require_known(comparison: Comparison, vote: Vote) -> None:
    known = {"", UNSURE, comparison.first_engine, comparison.second_engine}
    if vote.outcome not in Outcome or vote.guessed not in known or not set(vote.reasons) <= set(VoteReason):
        raise BadCommand()


def _topic(comparison: Comparison, outcome: str) -> str:
    """The article that the better answer cites; of two equal ones the first, and the other's if that has none."""
    answers = [comparison.first_id, comparison.second_id]
    if outcome == Outcome.SECOND:
        answers.reverse()
    rows = Generation.objects.filter(message_id__in=answers)
    sources = dict(rows.values_list("message_id", "sources"))
    cited = [source for answer in answers for source in (sources.get(answer) or []) if not source.startswith("-")]
    return cited[0] if cited else ""
