from __future__ import annotations

import pytest

from inference.rules.words import key, phrases, units


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Topping-up, declined!", ["top", "up", "declin"]),
        ("我的卡", ["我", "的", "卡"]),
        ("App里 3.5", ["app", "里", "3.5"]),
        ("?!", []),
    ],
)
def test_stems_and_characters(text: str, expected: list[str]):
    assert units(text) == expected


def test_a_keyword_is_the_same_however_it_is_written():
    assert {key(text) for text in ("Top up", "top-up", "TOPPING UP")} == {"top up"}


def test_phrases_are_runs_each_once():
    assert phrases(["a", "b", "a", "b"], 2) == ["a", "b", "a b", "b a"]
