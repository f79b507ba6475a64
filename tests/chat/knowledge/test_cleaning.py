"""What may be stored as an article."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from chat.knowledge.cleaning import clean_draft
from chat.knowledge.drafts import ArticleDraft, TextDraft
from inference.knowledge import Keyword
from tests.chat.knowledge.articles import EN, ZH, draft


def problems(what: ArticleDraft) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        clean_draft(what, new=True)
    return caught.value.message_dict


def test_a_draft_is_tidied():
    texts = {EN: TextDraft(" How? ", "One\r\ntwo\n", (" a", "a", "", "b")), ZH: TextDraft(" ", "", ())}
    cleaned = clean_draft(draft("x", texts, tags=("t ", "t"), keywords=(Keyword("k", 1), Keyword(" k ", 2))))
    assert cleaned == ArticleDraft(
        "x", {EN: TextDraft("How?", "One\ntwo", ("a", "b"))}, ("t",), (Keyword("k", 2.0),), ()
    )


@pytest.mark.parametrize("slug", ["", "a b", "a/b", "卡", "x" * 81, "<script>", "search"])
def test_a_slug_is_short_and_plain(slug: str):
    assert list(problems(draft(slug))) == ["slug"]


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("question_en", {"texts": {}}),
        ("question_en", {"texts": {EN: TextDraft("", "An answer")}}),
        ("question_en", {"texts": {EN: TextDraft("x" * 201, "An answer")}}),
        ("question_en", {"texts": {EN: TextDraft("One\ntwo", "An answer")}}),
        ("answer_en", {"texts": {EN: TextDraft("A question", "")}}),
        ("answer_en", {"texts": {EN: TextDraft("A question", "x" * 8_001)}}),
        ("answer_en", {"texts": {EN: TextDraft("A question", "x\x00")}}),
        ("answer_zh", {"texts": {ZH: TextDraft("问题", "")}}),
        ("examples_zh", {"texts": {ZH: TextDraft("问题", "回答", ("一\n二",))}}),
        ("examples_en", {"texts": {EN: TextDraft("Q", "A", tuple(map(str, range(301))))}}),
        ("examples_en", {"texts": {EN: TextDraft("Q", "A", tuple(f"{n} {'x' * 400}" for n in range(80)))}}),
        ("examples_en", {"texts": {EN: TextDraft("Q", "A", ("bell \x07",))}}),
        ("tags", {"tags": ("x" * 41,)}),
        ("tags", {"tags": tuple(map(str, range(11)))}),
        ("keywords", {"keywords": (Keyword("x", 0.0),)}),
        ("keywords", {"keywords": (Keyword("x", float("nan")),)}),
        ("keywords", {"keywords": (Keyword("x", 101),)}),
        ("keywords", {"keywords": tuple(Keyword(f"{n:03} {'x' * 76}", 0.1234567890123456) for n in range(300))}),
        ("patterns", {"patterns": ("(",)}),
        ("patterns", {"patterns": tuple(map(str, range(31)))}),
    ],
)
def test_every_field_is_bounded(field: str, changes: dict):
    assert list(problems(draft("x", **changes) if changes.get("texts") != {} else ArticleDraft("x"))) == [field]


def test_every_fault_is_told_at_once():
    assert set(problems(draft("a b", tags=("x" * 41,), patterns=("(", "[")))) == {"slug", "tags", "patterns"}
