"""Questions put together by their words, and wishes for a person."""

from __future__ import annotations

import pytest

from chat.enums import Language
from chat.review.handover import asks_for_person
from chat.review.likeness import groups
from chat.review.prompts import prompt_key

ALIKE = ["Can I pay with crypto?", "can I pay using crypto", "Pay with crypto currency"]
OTHER = ["How do I open a joint account?", "Opening a joint account with my wife"]
CHINESE = ["可以用加密货币付款吗", "能不能用加密货币付款？", "怎么开联名账户"]


def test_english_questions_about_one_thing_stand_together() -> None:
    found = groups([*ALIKE, *OTHER], Language.ENGLISH)
    assert len(set(found[:3])) == 1
    assert len(set(found[3:])) == 1
    assert len(set(found)) == 2


def test_chinese_questions_about_one_thing_stand_together() -> None:
    first, second, other = groups(CHINESE, Language.CHINESE)
    assert (first == second, first == other) == (True, False)


@pytest.mark.parametrize(("texts", "found"), [([], []), (["one"], [0]), (["???", "!!!"], None)])
def test_few_texts_and_texts_without_words_are_groups_too(texts: list[str], found: list[int] | None) -> None:
    for language in Language:
        numbers = groups(texts, language)
        assert len(numbers) == len(texts)
        assert found is None or numbers == found


@pytest.mark.parametrize(
    "text",
    [
        *("I want to talk to a human", "Can I speak with someone?", "human please", "get me an agent!", "real person"),
        *("转人工", "我要找人工客服", "帮我接真人", "人工客服"),
    ],
)
def test_a_wish_for_a_person_is_heard(text: str) -> None:
    assert asks_for_person(text)


@pytest.mark.parametrize(
    "text", ["Where is my card?", "Can another person use my card?", "人工智能是什么", "我要取消转账", ""]
)
def test_other_questions_are_none(text: str) -> None:
    assert not asks_for_person(text)


def test_a_question_has_one_key_however_it_is_typed() -> None:
    assert len({prompt_key(text) for text in ("Where is it?", "  where is IT ", "where is it！")}) == 1
