"""Which answers read well."""

from __future__ import annotations

import pytest

from chat.knowledge.sample_data import load_articles
from inference.evaluating.form import check, is_in, is_whole, language_of, markup_is_whole


def test_every_article_reads_well():
    texts = [
        (language.value, answer)
        for article in load_articles()
        for language, text in article.texts.items()
        for answer in text.answers
    ]
    assert [text for language, text in texts if not check(text, language, ended=True, quoted=False).good] == []


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("It is in the post.", True),
        ("It is in the **post.**", True),
        ("卡片正在邮寄途中。", True),
        ("Please:\n- open Cards\n- choose Unblock", True),
        ("It is in the", False),
        ("卡片正在", False),
        ("", False),
    ],
)
def test_a_sentence_has_an_end(text: str, whole: bool):
    assert is_whole(text) is whole


@pytest.mark.parametrize(
    ("language", "text", "right"),
    [
        ("en", "Open Apple Pay.", True),
        ("en", "Open 卡片 first.", False),
        ("zh-hans", "请打开 Apple Pay。", True),
        ("zh-hans", "Open Apple Pay.", False),
        ("zh-hans", "123", True),
    ],
)
def test_one_language_throughout(language: str, text: str, right: bool):
    assert is_in(language, text) is right


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("Open **Cards** and [help](/help/).", True),
        ("Open **Cards and", False),
        ("Open `Cards", False),
        ("Open [help](/he", False),
        ("Hello <|end|>", False),
        ("Hello \ufffd", False),
        ("Less < than 3 > 2", True),
        ("A <b>word</b>", False),
    ],
)
def test_markup_is_closed_and_nothing_shows_that_should_not(text: str, whole: bool):
    assert markup_is_whole(text) is whole


def test_the_language_of_a_question():
    assert [language_of(text) for text in ("Where?", "我的 PIN 呢", "42", "Where is 卡 please, my friend?")] == [
        *("en", "zh-hans", "en", "en"),
    ]


def test_an_editors_own_text_is_not_judged_by_its_marks():
    form = check("Wait. " * 9 + "**", "en", ended=True, quoted=True)
    assert form.good
