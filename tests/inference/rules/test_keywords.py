from __future__ import annotations

import pytest

from inference.knowledge import Keyword, Rule
from inference.rules.keywords import NOTHING, Keywords
from inference.rules.words import units

RULES = [
    Rule("lost", (Keyword("lost card", 2), Keyword("card", 1), Keyword("丢了", 3))),
    Rule("fees", (Keyword("fee", 3), Keyword("card", -0.5))),
]


def test_a_score_is_the_sum_of_the_weights_over_the_root_of_the_known_phrases():
    scores = Keywords(RULES).scores(units("My lost card, any fees?"))
    assert {slug: round(score.total, 4) for slug, score in scores.items()} == {
        "lost": round(3 / 3**0.5, 4),
        "fees": round(2.5 / 3**0.5, 4),
    }
    assert [(one.text, one.weight) for one in scores["fees"].found()] == [("fee", 3), ("card", -0.5)]


def test_chinese_needs_no_spaces():
    assert list(Keywords(RULES).scores(units("我的卡丢了"))) == ["lost"]


def test_an_article_that_nothing_speaks_for_has_no_score():
    assert Keywords(RULES).scores(units("hello there")) == {}
    assert (NOTHING.total, NOTHING.found()) == (0.0, [])


def test_misspelt_words_are_put_right():
    known = Keywords([Rule("a", (Keyword("contactless", 1),))])
    assert known.corrected(["contactles"]) == ["contactless"]


@pytest.mark.parametrize("text", ["", "?!", "   "])
def test_a_keyword_without_a_word_is_never_found(text: str):
    assert Keywords([Rule("a", (Keyword(text, 5),))]).scores(units("card")) == {}


def test_a_long_phrase_counts_as_a_whole():
    known = Keywords([Rule("a", (Keyword("cash machine kept my card", 1),))])
    assert list(known.scores(units("the cash machine kept my card!"))) == ["a"]
    assert known.scores(units("the cash machine kept a card")) == {}
