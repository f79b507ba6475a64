"""Every change in this room: one function each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from chat.api.models import ApiKey, ApiUse, today
from chat.api.secrets import hash_of, new_secret, prefix_of


@dataclass(frozen=True, slots=True)
class Use:
    """What one request took."""

    model: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    failed: bool = False


def issue_key(key: ApiKey) -> str:
    """Give a key that was described, but not stored yet, its secret, and store it. This is the only time it is known.

    IntegrityError when another key has its name.
    """
    secret = new_secret()
    key.hash, key.prefix = hash_of(secret), prefix_of(secret)
    with transaction.atomic():
        key.save(force_insert=True)
    return secret


def change_key(key: ApiKey, fields: Iterable[str]) -> None:
    """Store what was edited of a key."""
    key.save(update_fields=set(fields) - {"hash", "prefix"})


def revoke_keys(keys: Iterable[ApiKey]) -> int:
    """End keys for good; how many were not ended before."""
    pks = [key.pk for key in keys]
    return ApiKey.objects.filter(pk__in=pks, revoked_at=None).update(revoked_at=timezone.now())


def record_use(key: ApiKey, use: Use) -> None:
    """Add one request to the day's sums."""
    added = {
        "requests": 1,
        "prompt_tokens": use.prompt_tokens,
        "completion_tokens": use.completion_tokens,
        "errors": int(use.failed),
    }
    now = timezone.now()
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    facts = {"key_id": key.pk, "day": today(now), "model": use.model}
    if not _add(facts, added):
        try:
            with transaction.atomic():
                ApiUse.objects.create(**facts, **added)
        except IntegrityError:  # another request was the first of the day at the same moment
            _add(facts, added)


def _add(facts: dict[str, Any], added: dict[str, int]) -> bool:
    sums = {name: F(name) + amount for name, amount in added.items()}
    return bool(ApiUse.objects.filter(**facts).update(**sums))
