from __future__ import annotations

import pytest

from inference import retrieval
from inference.explaining.support import support
from inference.knowledge import Document
from inference.retrieval.meaning import available

DELIVERY = Document(
    "card_arrival",
    "en",
    "My card has not arrived",
    "Standard delivery takes 5 to 7 working days at home and up to 14 abroad. If nothing has come after 14 days, "
    "report the card as lost and we will replace it for free.",
)
LIMITS = Document("top_up_limits", "zh-hans", "充值有限额吗？", "每天可充值50至5000欧元，每月累计不超过15000欧元。")


def levels(text: str, *sources: Document) -> list[tuple[str, str]]:
    return [(one.level, one.source) for one in support(text, sources).sentences]


def wrong(text: str, *sources: Document, asked: str = "") -> list[str]:
    return [figure.text for figure in support(text, sources, asked).unsupported]


def test_sentences_are_held_against_the_sources():
    text = "Delivery takes 5 to 7 working days at home. Our mortgages start at low rates. Thank you!"
    assert levels(text, LIMITS, DELIVERY) == [("supported", "card_arrival"), ("unsupported", ""), ("empty", "")]
    best = support(text, [LIMITS, DELIVERY]).sentences[0]
    assert (best.best, best.overlap, best.similarity) == (
        "Standard delivery takes 5 to 7 working days at home and up to 14 abroad.",
        1.0,
        None,
    )


def test_chinese_sentences_too():
    text = "每天可以充值50至5000欧元。我们提供住房贷款业务。"
    assert levels(text, DELIVERY, LIMITS) == [("supported", "top_up_limits"), ("unsupported", "")]


def test_a_wrong_figure_takes_the_support_away():
    text = "Standard delivery takes 5 to 9 working days at home."
    view = support(text, [DELIVERY])
    assert [figure.text for figure in view.unsupported] == ["9"]
    assert [(one.level, [(f.text, f.supported) for f in one.figures]) for one in view.sentences] == [
        ("partly", [("5", True), ("9", False)])
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Up to 5,000 EUR a day and €15,000 a month.", []),
        ("Up to 5,000 GBP a day.", ["5,000 GBP"]),
        ("每月最多1.5万欧元，每天最多6000欧元。", ["6000欧元"]),
        ("Fourteen days, or 7 weeks?", ["7"]),
        ("It came on 5 May 2026.", ["5 May 2026"]),
        ("1. Wait\n2. Ask again", []),
        ("二十四小时内处理。", ["二十四"]),
    ],
)
def test_figures_that_no_source_has_are_found(text, expected):
    assert wrong(text, DELIVERY, LIMITS) == expected


def test_what_the_visitor_said_may_be_repeated():
    assert wrong("Your 80 EUR will come back.", DELIVERY) == ["80 EUR"]
    assert wrong("Your 80 EUR will come back.", DELIVERY, asked="I paid €80 twice") == []


def test_without_sources_nothing_is_supported():
    assert levels("Delivery takes 5 days.") == [("unsupported", "")]
    assert support("", [DELIVERY]).sentences == ()


@pytest.mark.skipif(not available(), reason="needs the embedding model")
def test_with_meaning_an_answer_in_the_other_language_is_not_unsupported():
    retrieval.configure(meaning="auto")
    try:
        view = support("国内配送一般需要5至7个工作日，国外最长14天。我们的房贷利率很低。", [DELIVERY])
    finally:
        retrieval.configure(meaning="off")
    assert view.by_meaning is True
    assert [one.level for one in view.sentences] == ["supported", "unsupported"]
    assert view.unsupported == ()
