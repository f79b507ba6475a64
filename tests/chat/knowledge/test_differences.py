"""What differs between two revisions."""

from __future__ import annotations

from chat.knowledge.differences import ADDED, REMOVED, SAME, Change, Piece, changes
from chat.knowledge.drafts import ArticleDraft, TextDraft
from inference.knowledge import Keyword
from tests.chat.knowledge.articles import EN, ZH, draft


def found(old: ArticleDraft | None, new: ArticleDraft) -> dict[str, list[list[tuple[str, str]]]]:
    return {
        change.field: [[(piece.kind, piece.text) for piece in line] for line in change.lines]
        for change in changes(old, new)
    }


def test_equal_drafts_do_not_differ():
    assert changes(draft(), draft("another_slug")) == []


def test_words_of_an_answer():
    old, new = (
        draft(texts={EN: TextDraft("Q", answer)}) for answer in ("First.\nTake 18 days.", "First.\nTake 21 days.")
    )
    assert found(old, new) == {
        "answer_en": [
            [(SAME, "First.")],
            [(SAME, "Take "), (REMOVED, "18"), (ADDED, "21"), (SAME, " days.")],
        ]
    }


def test_characters_of_a_chinese_answer():
    old, new = (draft(texts={ZH: TextDraft("问", answer)}) for answer in ("十八岁", "二十岁"))
    assert found(old, new) == {"answer_zh": [[(ADDED, "二"), (SAME, "十"), (REMOVED, "八"), (SAME, "岁")]]}


def test_a_line_that_is_another_one_is_not_patched_together():
    old, new = (draft(texts={EN: TextDraft(title, "A")}) for title in ("My card has not come", "Where is my parcel?"))
    assert found(old, new) == {"question_en": [[(REMOVED, "My card has not come"), (ADDED, "Where is my parcel?")]]}


def test_of_a_list_only_the_lines_that_differ():
    old = draft(tags=("a", "b"), keywords=(Keyword("x", 1), Keyword("y", 2)))
    new = draft(tags=("a", "b", "c"), keywords=(Keyword("x", 1),))
    assert found(old, new) == {"tags": [[(ADDED, "c")]], "keywords": [[(REMOVED, "y = 2")]]}


def test_the_first_revision_is_all_new():
    assert found(None, draft())["tags"] == [[(ADDED, "account")]]


def test_long_lines_are_compared_as_wholes():
    old, new = (draft(texts={EN: TextDraft("Q", f"{first} " + "a b " * 900)}) for first in "xy")
    (change,) = changes(old, new)
    assert isinstance(change, Change)
    assert [piece.kind for piece in change.lines[0]] == [REMOVED, ADDED]
    assert isinstance(change.lines[0][0], Piece)
