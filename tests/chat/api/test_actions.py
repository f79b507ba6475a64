"""Keys and use as they are stored."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from chat.api import actions, usage
from chat.api.actions import Use
from chat.api.models import ApiKey, ApiUse, today
from chat.api.secrets import hash_of
from tests.chat.api.conftest import MakeKey


def test_the_key_itself_is_not_stored(make_key: MakeKey):
    key, secret = make_key()
    row = ApiKey.objects.values().get()
    assert (row["hash"], row["prefix"]) == (hash_of(secret), secret[:10])
    assert secret not in str(row)
    assert len(secret) == len("duo-") + 43  # 256 bits
    assert key.valid()


def test_no_two_keys_are_the_same(make_key: MakeKey):
    secrets = {make_key(f"program {number}")[1] for number in range(5)}
    assert len(secrets) == 5
    with pytest.raises(IntegrityError):
        make_key("program 1")


def test_a_change_leaves_the_secret_alone(make_key: MakeKey):
    key, secret = make_key()
    key.rate_per_minute, key.hash = 5, "0" * 64
    actions.change_key(key, ["rate_per_minute", "hash"])
    stored = ApiKey.objects.get()
    assert (stored.rate_per_minute, stored.hash) == (5, hash_of(secret))


def test_a_key_is_revoked_once(make_key: MakeKey):
    key, _secret = make_key()
    assert [actions.revoke_keys([key]), actions.revoke_keys([key])] == [1, 0]
    assert not ApiKey.objects.get().valid()


def test_use_adds_up_by_day_and_engine(make_key: MakeKey):
    key, _secret = make_key()
    for use in (Use("gpt2", 10, 5), Use("gpt2", 1, 1, failed=True), Use("rules", 0, 3), Use()):
        actions.record_use(key, use)
    rows = ApiUse.objects.order_by("model").values_list(
        *("day", "model", "requests", "prompt_tokens", "completion_tokens", "errors")
    )
    assert list(rows) == [(today(), "", 1, 0, 0, 0), (today(), "gpt2", 2, 11, 6, 1), (today(), "rules", 1, 0, 3, 0)]
    assert usage.tokens_today(key) == 20
    last_used = ApiKey.objects.get().last_used_at
    assert last_used is not None
    assert timezone.now() - last_used < timedelta(minutes=1)


def test_the_last_days_are_shown_against_the_busiest(make_key: MakeKey):
    key, _secret = make_key()
    for days, tokens in ((0, 50), (1, 100), (usage.DAYS, 1000)):
        ApiUse.objects.create(key=key, day=today() - timedelta(days=days), model="gpt2", prompt_tokens=tokens)
    assert [(day.prompt_tokens, day.share) for day in usage.by_day(key)] == [(50, 50), (100, 100)]
