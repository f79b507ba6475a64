"""Damage to questions: repeatable, small, never empty."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from inference.training.augment import augment

CHINESE = "你好，请问我的卡什么时候能到呢？"
ENGLISH = "Where is my new card, please?"


@settings(deadline=None)
@given(st.text(min_size=1).filter(str.strip), st.integers())
def test_something_is_always_left_and_the_same_seed_gives_the_same(text: str, seed: int) -> None:
    changed = augment(text, random.Random(seed))
    assert (bool(changed), changed) == (True, augment(text, random.Random(seed)))


def test_a_question_stays_recognisable() -> None:
    for text, least in ((ENGLISH, 7), (CHINESE, 5)):
        for seed in range(200):
            changed = augment(text, random.Random(seed))
            assert len(set(changed.lower()) & set(text.lower())) >= least
            assert len(changed) <= len(text) + 20


def test_questions_come_out_in_many_ways() -> None:
    for text in (ENGLISH, CHINESE):
        assert len({augment(text, random.Random(seed)) for seed in range(200)}) > 60
