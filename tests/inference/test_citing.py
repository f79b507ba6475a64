"""inference/citing.py: marks in an answer that comes in pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.citing import Marks, instructions, says_it_does_not_know
from inference.knowledge import EMPTY


def through(text: str, size: int = 1, count: int = 3) -> tuple[str, list[int]]:
    marks = Marks(count)
    shown = [marks.feed(text[i : i + size]) for i in range(0, len(text), size)]
    return "".join(shown) + marks.rest(), marks.numbers


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
@pytest.mark.parametrize(
    ("text", "shown", "numbers"),
    [
        ("Open the app [1].", "Open the app.", [1]),
        ("A[2] b [1][3].", "A b.", [2, 1, 3]),
        ("A [1, 2] b 【3】。", "A b。", [1, 2, 3]),
        ("[0] No.", " No.", [0]),
        ("In [2023] and [9].", "In [2023] and [9].", []),
        ("See [1](/help/a/) and [the app](/x).", "See [1](/help/a/) and [the app](/x).", []),
        ("- [ ] one\n- [x] two", "- [ ] one\n- [x] two", []),
        ("An open [1", "An open [1", []),
        ("The end [1]", "The end", [1]),
        ("Spaces  \n\nstay", "Spaces  \n\nstay", []),
    ],
)
def test_marks_are_taken_out_however_the_text_is_cut(size: int, text: str, shown: str, numbers: list[int]):
    assert through(text, size) == (shown, numbers)


@given(st.text(alphabet="a [](),12 【】\n", max_size=60), st.integers(1, 9))
def test_the_cut_makes_no_difference(text: str, size: int):
    assert through(text, size) == through(text, len(text) or 1)


def test_words_are_not_held_back():
    marks = Marks(1)
    assert [marks.feed(piece) for piece in ["Open", " the", " app", " [1", "]", " now"]] == [
        "Open",
        " the",
        " app",
        "",
        "",
        " now",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I do not know that.", True),
        ("Sorry, I can't answer this.", True),
        ("这个我不了解，请联系人工客服。", True),
        ("You can order a card.", False),
        ("If you do not know your PIN, open the app.", False),
    ],
)
def test_what_a_refusal_sounds_like(text: str, expected: bool):
    assert says_it_does_not_know(text, EMPTY) is expected


def test_without_an_article_the_model_is_told_so():
    assert "(No article fits the question.)" in instructions(EMPTY, [], "Hi", "en")
    assert "（没有合适的文章。）" in instructions(EMPTY, [], "你好", "zh-hans")
