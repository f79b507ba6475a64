"""chat/knowledge/excerpts.py: plain words of an article, with what was found in them."""

from __future__ import annotations

import pytest

from chat.knowledge.excerpts import description, excerpt, marked, plain_text


def test_markup_leaves_its_words():
    text = "Go to **Cards > Link**.\n\n| a | b |\n|---|---|\n| 1 | `x < y` |\n\n[here](/help/fees/) & there"
    assert plain_text(text) == "Go to Cards > Link. a b 1 x < y here & there"


@pytest.mark.parametrize(
    ("text", "matched", "pieces"),
    [
        ("My cards, Card's", {"card"}, [("My ", False), ("cards", True), (", ", False), ("Card's", True)]),
        ("My cards", {"fee"}, [("My cards", False)]),
        ("", {"fee"}, []),
        ("银行卡丢失", {"银行", "行卡"}, [("银行卡", True), ("丢失", False)]),
        ("卡丢了，卡丢了", {"丢了"}, [("卡", False), ("丢了", True), ("，卡", False), ("丢了", True)]),
        ("用PIN码", {"pin", "码"}, [("用", False), ("PIN", True), ("码", False)]),
        ("一二三四", {"一二", "三四"}, [("一二三四", True)]),
    ],
)
def test_words_are_marked_as_they_are_written(text: str, matched: set[str], pieces: list[tuple[str, bool]]):
    assert marked(text, frozenset(matched)) == pieces
    assert "".join(piece for piece, _found in marked(text, frozenset(matched))) == text


def test_an_excerpt_begins_near_the_first_word_that_was_found():
    text = "word " * 100 + "needle " + "word " * 100
    pieces = excerpt(text, frozenset({"needl"}))
    shown = "".join(piece for piece, _found in pieces)
    assert (shown[:5], shown[-5:], ("needle", True) in pieces) == ("…word", "word…", True)
    assert len(shown) <= 182


def test_an_excerpt_without_words_is_the_beginning():
    assert excerpt("**Short** answer.", frozenset()) == [("Short answer.", False)]


@pytest.mark.parametrize(("text", "end"), [("word " * 100, "word…"), ("字" * 400, "字…"), ("Short.", "Short.")])
def test_a_description_is_as_long_as_lists_of_pages_show_it(text: str, end: str):
    assert (len(description(text)) <= 156, description(text).endswith(end)) == (True, True)
