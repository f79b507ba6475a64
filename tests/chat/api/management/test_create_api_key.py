"""`manage.py create_api_key`: the key alone on the last line, or one sentence."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from chat.api.models import ApiKey
from chat.api.secrets import hash_of

pytestmark = pytest.mark.django_db


def created(*arguments: str) -> str:
    out = io.StringIO()
    call_command("create_api_key", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_the_key_is_alone_on_its_line():
    shown = created("bars")
    key = ApiKey.objects.get()
    assert (shown.count("\n"), hash_of(shown.strip()), key.name) == (1, key.hash, "bars")
    assert (key.scopes, key.engines, key.rate_per_minute, key.daily_tokens) == (
        ["models", "chat", "completions"],
        *([], 60, None),
    )


def test_what_it_may_do():
    scopes = ("--scope", "models", "--scope", "chat")
    created("narrow", *scopes, "--models", "rules", "gpt2", "--rate", "5", "--budget", "1000")
    key = ApiKey.objects.get()
    assert (key.scopes, key.engines, key.rate_per_minute, key.daily_tokens) == (
        ["models", "chat"],
        *(["rules", "gpt2"], 5, 1000),
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([""], "The key needs a name that says who it is for."),
        (["  "], "The key needs a name that says who it is for."),
        (["bars"], "There is a key of the name 'bars' already."),
        (["x" * 81], "name: Ensure this value has at most 80 characters (it has 81)."),
        (["x", "--rate", "1000000"], "rate_per_minute: Ensure this value is less than or equal to 100000."),
        (["x", "--rate", "0"], "Error: argument --rate: '0' is no whole number above 0."),
        (["x", "--budget", "many"], "Error: argument --budget: 'many' is no whole number above 0."),
    ],
)
def test_one_sentence_for_a_mistake(arguments: list[str], sentence: str):
    created("bars")
    with pytest.raises(CommandError) as found:
        created(*arguments)
    assert (str(found.value), ApiKey.objects.count()) == (sentence, 1)
