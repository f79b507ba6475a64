"""How much and how often: sizes of what people write, and rates that say when to try again."""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import ngettext

from chat.errors import RateLimited, TooLong

ROUNDING = 1e-6  # so that 80.00000001 seconds are 80


def check_length(text: str) -> None:
    """TooLong when a message has more characters than the limit."""
    if len(text) > settings.CHAT_LIMITS["message_chars"]:
        raise TooLong()


def check_rates(action: str, names: Mapping[str, str]) -> None:
    """Count one `action` against each limit in `names` (limit -> whose), or raise RateLimited and count none.

    `action` keeps counters apart: making a conversation does not use up messages.
    """
    counted: list[_Window] = []
    for limit, whose in names.items():
        window = _Window.now(f"{action}:{limit}:{whose}", *settings.CHAT_LIMITS[limit])
        wait_s = window.take()
        if wait_s:
            for earlier in counted:
                earlier.give_back()
            raise RateLimited(_sentence(wait_s), retry_after_s=wait_s)
        counted.append(window)


def take(name: str, limit: int, period: int) -> int:
    """Count one against `limit` in `period` seconds; 0 if it fits, else the whole seconds after which it would."""
    return _Window.now(name, limit, period).take()


def address_of(peer: str, forwarded_for: str) -> str:
    """The client's address for counting: the last proxy's word only where a proxy is trusted; IPv6 by its /64."""
    text = peer
    if settings.TRUSTED_PROXY and forwarded_for:
        text = forwarded_for.rpartition(",")[2].strip()
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "unknown"
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _sentence(wait_s: int) -> str:
    return ngettext(
        "Too many messages in a short time. Please try again in %(seconds)d second.",
        "Too many messages in a short time. Please try again in %(seconds)d seconds.",
        wait_s,
    ) % {"seconds": wait_s}


@dataclass(frozen=True, slots=True)
class _Window:
    """A sliding window: the count of this period plus the share of the last one that still reaches into it."""

    key: str
    limit: int
    period: int
    number: int
    elapsed: float

    @classmethod
    def now(cls, key: str, limit: int, period: int) -> _Window:
        number, elapsed = divmod(time.time(), period)
        return cls(f"rate:{key}", limit, period, int(number), elapsed)

    def take(self) -> int:
        """Count one; 0 if it fits, else the whole seconds after which it would."""
        key = self._key(self.number)
        cache.add(key, 0, self.period * 2)
        current = cache.incr(key)
        last = cache.get(self._key(self.number - 1), 0)
        if current + last * (1 - self.elapsed / self.period) <= self.limit + ROUNDING:
            return 0
        self.give_back()
        return self._wait_s(current - 1, last)

    def give_back(self) -> None:
        """Uncount one."""
        cache.decr(self._key(self.number))

    def _wait_s(self, current: int, last: int) -> int:
        room = self.limit - 1
        if current <= room:  # in this period, as soon as the last one's share has shrunk enough
            at = self.period * (1 - (room - current) / last)
        else:  # in the next period, where this one's share shrinks
            at = self.period * (2 - room / current) if current else self.period
        return max(1, math.ceil(at - self.elapsed - ROUNDING))

    def _key(self, number: int) -> str:
        return f"{self.key}:{number}"


class TokenBucket:
    """A bound on inbound frames: `burst` at once, `per_s` on average. Time is passed in."""

    def __init__(self, burst: int, per_s: float) -> None:
        self._burst, self._per_s = float(burst), per_s
        self._tokens = self._burst
        self._at: float | None = None

    def take(self, now: float) -> bool:
        """Whether one more frame fits now."""
        passed = 0.0 if self._at is None else now - self._at
        self._at = now
        self._tokens = min(self._burst, self._tokens + passed * self._per_s)
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
