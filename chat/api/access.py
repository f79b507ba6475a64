"""Whose key it is and whether it may: everything that is checked before a body is looked at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.http import HttpRequest
from django.utils import timezone

import inference
from chat import limits
from chat.api.enums import Scope
from chat.api.errors import BadKey, Forbidden, OverBudget, TooMany, UnknownModel
from chat.api.models import ApiKey
from chat.api.secrets import hash_of
from chat.api.usage import tokens_today
from chat.http import address_of_request

MINUTE = 60
REFUSALS = 30  # wrong keys a minute from one address, before it has to wait


def admit(request: HttpRequest, scope: Scope) -> ApiKey:
    """The key that the request carries, counted against its limits. Not for the event loop.

    Raises BadKey, TooMany, Forbidden or OverBudget.
    """
    key = _key_of(request)
    _check_rate(f"api:{key.pk}", key.rate_per_minute)
    if not key.allows(scope):
        raise Forbidden(f"This API key may not be used for {scope.value!r}.")
    _check_budget(key)
    return key


def visible_models(key: ApiKey) -> list[str]:
    """Names of the engines that this key may ask, the default first."""
    return [name for name in inference.backend_names() if key.sees(name)]


def model_of(key: ApiKey, name: str) -> str:
    """The name, if the key may ask that engine. An engine that it may not see looks as if it were not there."""
    if name not in visible_models(key):
        raise UnknownModel(f"The model {name[:80]!r} does not exist or this API key has no access to it.", "model")
    return name


def _key_of(request: HttpRequest) -> ApiKey:
    kind, _space, secret = request.headers.get("Authorization", "").partition(" ")
    secret = secret.strip()
    if kind.lower() != "bearer" or not secret:
        raise BadKey("An API key is missing. Send it in the header as Authorization: Bearer KEY.")
    key = ApiKey.objects.filter(hash=hash_of(secret)).first()
    if key is None or not key.valid():
        _check_rate(f"api-refused:{address_of_request(request)}", REFUSALS)
        raise BadKey("This API key is not valid.")
    return key


def _check_rate(whose: str, per_minute: int) -> None:
    wait_s = limits.take(whose, per_minute, MINUTE)
    if wait_s:
        raise TooMany(f"Too many requests. Please try again in {wait_s} s.", retry_after_s=wait_s)


def _check_budget(key: ApiKey) -> None:
    if key.daily_tokens is None:
        return
    if tokens_today(key) >= key.daily_tokens:
        wait_s = _until_tomorrow_s(timezone.now())
        raise OverBudget("The tokens that this API key has for one day are used up.", retry_after_s=wait_s)


def _until_tomorrow_s(now: datetime) -> float:
    utc = now.astimezone(UTC)
    midnight = utc.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return (midnight - utc).total_seconds()
