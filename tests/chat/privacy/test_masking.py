"""Personal data is found in both languages; what only looks like it is left alone."""

from __future__ import annotations

import pytest
from django.utils import translation

from chat.knowledge.sample_data import load_articles
from chat.privacy.masking import Kind, findings, mask, mask_all

FOUND = [
    ("Write to jo.smith+shop@example.co.uk.", Kind.EMAIL, "jo.smith+shop@example.co.uk"),
    ("邮箱wang@example.com谢谢", Kind.EMAIL, "wang@example.com"),
    ("发到wang＠example.com吧", Kind.EMAIL, "wang＠example.com"),
    ("My mail (jörg@example.de)", Kind.EMAIL, "jörg@example.de"),
    ("我的电话13800138000请回电", Kind.PHONE, "13800138000"),
    ("手机号：138 0013 8000。", Kind.PHONE, "138 0013 8000"),
    ("手机１３８００１３８０００", Kind.PHONE, "１３８００１３８０００"),
    ("电话010-62345678", Kind.PHONE, "010-62345678"),
    ("+86 138-0013-8000", Kind.PHONE, "+86 138-0013-8000"),
    ("call 07700 900123 please", Kind.PHONE, "07700 900123"),
    ("ring (020) 7946 0958", Kind.PHONE, "(020) 7946 0958"),
    ("Fax: +44 (20) 7946-0958, thanks", Kind.PHONE, "+44 (20) 7946-0958"),
    ("0049 30 901820", Kind.PHONE, "0049 30 901820"),
    ("+1 (212) 555-2368", Kind.PHONE, "+1 (212) 555-2368"),
    ("身份证11010519491231002X，谢谢", Kind.IDENTITY, "11010519491231002X"),
    ("身份证号 440524 18800101 0014", Kind.IDENTITY, "440524 18800101 0014"),
    ("My NI number is AB 12 34 56 C.", Kind.IDENTITY, "AB 12 34 56 C"),
    ("card 4111 1111 1111 1111 was charged", Kind.CARD, "4111 1111 1111 1111"),
    ("Amex 3782-822463-10005", Kind.CARD, "3782-822463-10005"),
    ("卡号6222021234567890128扣款", Kind.CARD, "6222021234567890128"),
    ("5555555555554444", Kind.CARD, "5555555555554444"),
    ("IBAN GB82 WEST 1234 5698 7654 32 please", Kind.IBAN, "GB82 WEST 1234 5698 7654 32"),
    ("to DE89370400440532013000 2 days ago", Kind.IBAN, "DE89370400440532013000"),
]
LEFT = [
    "It was £1,299.99 on 2026-11-23 at 10:30, paid 23/11/2026 and 23.11.2026.",
    "Order 4839201748392017 and order no. 100200300400500600700",
    "订单号20261123123456789，共计12345678.90元",
    "订单202611231234567890",
    "card 4111 1111 1111 1112",  # fails Luhn
    "11010519491231002Y 110105194912310021",  # fails the checksum
    "GB82 WEST 1234 5698 7654 33",
    "Our line 0800 496 0000 and 400-820-8820 are free.",
    "Version 1.2.3.4 of 192.168.100.200, 1000 2000 3000 4000",
    "SKU A1380013800012 or 13800138000123",
    "1700000000 1700000000000 2026-11-23T10:30:00.123456+00:00",
    "Add 3.14159265358979 to 0.0123456789",
    "7 @ 3 pounds, @support, me@home",
    "c7e6a1d0-1111-4222-8333-123456789012",
]


@pytest.mark.parametrize(("text", "kind", "value"), FOUND)
def test_it_is_found(text: str, kind: Kind, value: str) -> None:
    assert [(text[start:end], found) for start, end, found in findings(text)] == [(value, kind)]


@pytest.mark.parametrize("text", LEFT)
def test_it_is_left_alone(text: str) -> None:
    assert mask(text) == text


def test_the_articles_stay_as_they_are() -> None:
    texts = [str(article) for article in load_articles()]
    assert [text for text in texts if mask(text) != text] == []


def test_a_word_stands_in_its_place_in_the_readers_language() -> None:
    text = "Mail jo@example.com or call +44 20 7946 0958."
    assert mask(text) == "Mail ‹e-mail address› or call ‹phone number›."
    with translation.override("zh-hans"):
        assert mask(text).startswith("Mail ‹")
    assert mask(mask(text)) == mask(text)


def test_everything_inside_is_masked() -> None:
    value = {"words": ["jo@example.com", 3], "score": 0.5, "none": None}
    assert mask_all(value) == {"words": ["‹e-mail address›", 3], "score": 0.5, "none": None}


@pytest.mark.parametrize(
    "text", ["a" * 20_000 + "@", "1 " * 20_000, "0" * 20_000, "+1(" * 10_000, "a." * 10_000 + "@b." * 5_000]
)
def test_hostile_texts_take_no_longer_than_others(text: str) -> None:
    assert mask(text) == text
