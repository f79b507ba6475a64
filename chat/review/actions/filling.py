"""Answers come into the queues by rules.

Whether a rule takes an answer is drawn by a hash of both, so that filling twice takes the same ones, and an answer
that was not drawn is not drawn later either. What is stored with an item is how likely all rules together were to
take it; a quota that cuts a run short lowers the share of that run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from chat.models import Message
from chat.review.enums import Stream
from chat.review.matching import matching
from chat.review.models import FillRule, ReviewItem, ReviewQueue

CANDIDATES = 2000  # of a rule in a run


@dataclass(slots=True)
class Draw:
    """What a rule takes in this run, and the share of its answers that this was."""

    rule: FillRule
    share: float = 0.0
    taken: list[int] = field(default_factory=list)


def fill() -> int:
    """Fill every queue; how many answers came in. Several runs at once do not exceed a quota."""
    return sum(_fill(pk) for pk in ReviewQueue.objects.values_list("pk", flat=True))


def _fill(queue_id: int) -> int:
    with transaction.atomic():
        queue = ReviewQueue.objects.select_for_update().get(pk=queue_id)
        draws = [_draw(queue, rule) for rule in queue.rules.filter(active=True)]
        takers = {pk: draw for draw in reversed(draws) for pk in draw.taken}  # the first rule names the stream
        chances = _probabilities(takers, draws)
        items = [_item(queue, pk, takers[pk].rule, chances[pk]) for pk in sorted(takers)]
        ReviewItem.objects.bulk_create(items, ignore_conflicts=True)
        return len(items)


def _draw(queue: ReviewQueue, rule: FillRule) -> Draw:
    known = ReviewItem.objects.filter(queue=queue, message=OuterRef("pk"))
    rows = matching(rule).exclude(Exists(known)).order_by("-pk").values_list("pk", "public_id")[:CANDIDATES]
    lots = sorted((lot, pk) for pk, public_id in rows if (lot := _lot(rule, public_id)) < rule.rate)
    taken = [pk for _lot, pk in lots[: _room(rule)]]
    part = len(taken) / len(lots) if lots else float(_room(rule) > 0)
    return Draw(rule, rule.rate * part, taken)


def _lot(rule: FillRule, public_id: object) -> float:
    """A number from 0 to 1 that belongs to this rule and this answer."""
    digest = hashlib.sha256(f"{rule.pk}:{public_id}".encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


def _room(rule: FillRule) -> int:
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return max(0, rule.daily_quota - ReviewItem.objects.filter(rule=rule, created_at__gte=midnight).count())


def _probabilities(pks: Iterable[int], draws: list[Draw]) -> dict[int, float]:
    """How likely it was that at least one rule takes these answers."""
    wanted = set(pks)
    missed = dict.fromkeys(wanted, 1.0)
    for draw in draws:
        rows: Iterable[int] = matching(draw.rule).filter(pk__in=wanted).values_list("pk", flat=True) if wanted else ()
        for pk in rows:
            missed[pk] *= 1 - draw.share
    return {pk: 1 - chance for pk, chance in missed.items()}


def _item(queue: ReviewQueue, message: int, rule: FillRule, probability: float) -> ReviewItem:
    return ReviewItem(queue=queue, message_id=message, rule=rule, stream=rule.stream, sampling_probability=probability)


def add_gold(queue: ReviewQueue, message: Message, expected: dict[str, int | None]) -> ReviewItem:
    """Put an answer with known scores among the others; one that waits in the queue becomes such a one."""
    fields = {"is_gold": True, "expected": expected}
    item, _new = ReviewItem.objects.update_or_create(
        queue=queue, message=message, defaults=fields, create_defaults={**fields, "stream": Stream.CHOSEN}
    )
    return item
