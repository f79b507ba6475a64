from __future__ import annotations

import pytest

from inference.explaining.figures import figures
from inference.explaining.marks import marks
from inference.explaining.numerals import value_of
from inference.explaining.sentences import sentences


def found(text: str, kind: str) -> list[str]:
    return [mark.text for mark in marks(text) if mark.kind == kind]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (
            "price",
            "Between 50 EUR and £5,000 a day, $1.5 million a year, 3 euros.",
            ["50 EUR", "£5,000", "$1.5 million", "3 euros"],
        ),
        ("price", "每天50至5000欧元，手续费十元，共1万元。", ["5000欧元", "十元", "1万元"]),
        ("number", "Within 3 to five working days, 20% of them, the 2nd time.", ["3", "five", "20%", "2nd"]),
        ("number", "三个工作日内，最多14天，百分之五。一下、一些、一个都不是。", ["三", "14", "百分之五"]),
        ("number", "3DS, A4 and one of them are no numbers.", []),
        ("number", "1. Open the app\n2. Wait 10 minutes", ["10"]),
        (
            "date",
            "On 5 May 2026, May 7th, Monday at 9:30 or 2026-05-01.",
            ["5 May 2026", "May 7th", "Monday", "9:30", "2026-05-01"],
        ),
        ("date", "2026年5月1日下午3点半，周一到星期五；每周一次。", ["2026年5月1日", "下午3点半", "周一", "星期五"]),
        ("date", "You may ask in 3 months.", []),
        (
            "name",
            "Please use Apple Pay or SEPA. Anna Smith can help. Cards cost nothing.",
            ["Apple Pay", "SEPA", "Anna Smith"],
        ),
        (
            "name",
            "请联系王小明先生，或看《用户协议》，也可以用Apple Pay。尊敬的先生",
            ["王小明先生", "《用户协议》", "Apple Pay"],
        ),
        (
            "url",
            "See https://help.example.org/a?b=1. Or www.example.org, example.com/x!",
            ["https://help.example.org/a?b=1", "www.example.org", "example.com/x"],
        ),
        ("url", "请看https://help.example.org/卡片，谢谢", ["https://help.example.org/"]),
    ],
)
def test_what_stands_out_is_marked(kind, text, expected):
    assert found(text, kind) == expected


def test_marks_are_in_order_and_do_not_overlap():
    text = "On 5 May 2026 Apple Pay took 50 EUR, see https://example.org/2026-05-01"
    spans = [(mark.start, mark.end) for mark in marks(text)]
    assert [text[a:b] for a, b in spans] == ["5 May 2026", "Apple Pay", "50 EUR", "https://example.org/2026-05-01"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,000.5", 1000.5),
        ("5万", 50_000),
        ("三十五", 35),
        ("十", 10),
        ("一百零五", 105),
        ("两万三千", 23_000),
        ("二〇二六", 2026),
        ("twenty-five", 25),
        ("two thousand", 2000),
        ("card", None),
        ("", None),
    ],
)
def test_numerals_have_values(text, value):
    assert value_of(text) == value


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("5,000 EUR", "€5000", True),
        ("5,000 EUR", "5000欧元", True),
        ("5,000 EUR", "5万欧元", False),
        ("50 EUR", "50 USD", False),
        ("3 working days", "三个工作日", True),
        ("3 days", "3 weeks", False),
        ("3 days", "2-3 days", True),
        ("20%", "20 per cent", True),
        ("20%", "百分之二十", True),
        ("20%", "20 EUR", False),
        ("5 May", "5 May 2026", True),
        ("5 May 2026", "5 May", False),
        ("2026-05-01", "2026年5月1日", True),
        ("01/05/2026", "May 1, 2026", True),
        ("Monday", "周一", True),
        ("3 pm", "下午3点", True),
        ("3 pm", "3:00", False),
    ],
)
def test_figures_are_compared_by_what_they_say(one, other, same):
    (said,) = figures(one)
    assert any(map(said.borne_out_by, figures(other))) is same


def test_sentences_end_where_people_end_them():
    text = "It costs 3.50 EUR, e.g. abroad. See example.org/a. Why?\n- A list\n好的。请等5.5天！再见"
    assert [text[a:b] for a, b in sentences(text)] == [
        "It costs 3.50 EUR, e.g. abroad.",
        "See example.org/a.",
        "Why?",
        "- A list",
        "好的。",
        "请等5.5天！",
        "再见",
    ]
