"""A bound on guessing passwords: five failures in fifteen minutes for one name from one address.

Counted where Django authenticates, so that the pages, the admin and whatever comes later share one count.
Names that do not exist are counted like names that do.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from chat.limits import address_of

PERIOD_S = 15 * 60
FAILURES_PER_NAME = 5
FAILURES_PER_ADDRESS = 50


class Attempts:
    """The failed attempts for one name from one address, and those of the address for any name."""

    def __init__(self, request: HttpRequest | None, username: str) -> None:
        meta = request.META if request is not None else {}
        address = address_of(meta.get("REMOTE_ADDR", ""), meta.get("HTTP_X_FORWARDED_FOR", ""))
        self._limits = {
            _key(address, username.strip().casefold()): FAILURES_PER_NAME,
            _key(address, None): FAILURES_PER_ADDRESS,
        }

    def take(self) -> bool:
        """Count an attempt before it is tried, so that many at once gain nothing; False when it is one too many."""
        allowed = True
        for key, limit in self._limits.items():
            cache.add(key, 0, PERIOD_S)
            allowed &= _increase(key) <= limit
        return allowed

    def exhausted(self) -> bool:
        """Whether the next attempt would be refused."""
        return any(cache.get(key, 0) >= limit for key, limit in self._limits.items())

    def succeeded(self) -> None:
        """The attempt was no guess: it does not count against the address, and the name begins anew."""
        name, address = self._limits
        cache.delete(name)
        if cache.get(address, 0) > 0:
            cache.decr(address)


class ThrottledBackend(ModelBackend):
    """Django's own accounts, behind the count."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> Any:
        """The account, or None. PermissionDenied, which Django turns into a plain failure, after too many attempts."""
        attempts = Attempts(request, username or "")
        if not attempts.take():
            raise PermissionDenied
        user = super().authenticate(request, username=username, password=password, **kwargs)
        if user is not None:
            attempts.succeeded()
        return user


def _increase(key: str) -> int:
    try:
        return cache.incr(key)
    except ValueError:  # it expired this very moment
        cache.add(key, 1, PERIOD_S)
        return 1


def _key(address: str, name: str | None) -> str:
    text = address if name is None else f"{address}\n{name}"
    return f"login:{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()}"
