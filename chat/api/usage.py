"""What a key was used for, day by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import F, Sum

from chat.api.models import ApiKey, ApiUse, today

DAYS = 30
TOKENS = F("prompt_tokens") + F("completion_tokens")


@dataclass(frozen=True, slots=True)
class Day:
    """One day and engine; `share` is that of the tokens of the row that has most, in percent."""

    day: date
    model: str
    requests: int
    prompt_tokens: int
    completion_tokens: int
    errors: int
    share: int = 0


def tokens_today(key: ApiKey) -> int:
    """Read and written since midnight UTC."""
    found = ApiUse.objects.filter(key=key, day=today()).aggregate(total=Sum(TOKENS))
    return found["total"] or 0


def by_day(key: ApiKey) -> list[Day]:
    """The last days that saw any use, newest first."""
    since = today() - timedelta(days=DAYS - 1)
    rows = list(ApiUse.objects.filter(key=key, day__gte=since).order_by("-day", "model"))
    most = max((row.prompt_tokens + row.completion_tokens for row in rows), default=0) or 1
    return [_day(row, most) for row in rows]


def _day(row: ApiUse, most: int) -> Day:
    share = round(100 * (row.prompt_tokens + row.completion_tokens) / most)
    return Day(row.day, row.model, row.requests, row.prompt_tokens, row.completion_tokens, row.errors, share)
