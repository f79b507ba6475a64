"""What is read from a CSV, and the one sentence about what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference.evaluating.questions import Question, is_example, key, pick, read_questions
from inference.training.dataset import DatasetError
from tests.inference.evaluating.answering import KNOWLEDGE


def test_a_category_is_a_slug_however_it_is_written():
    names = ["Refund_not_showing_up", "reverted_card_payment?", "card-arrival", " OOS ", "取消转账!"]
    assert [key(name) for name in names] == [
        *("refund_not_showing_up", "reverted_card_payment", "cardarrival", "oos", "取消转账"),
    ]


def test_rows_with_and_without_a_language(tmp_path: Path):
    path = tmp_path / "q.csv"
    path.write_bytes('\ufefftext,category\r\n"Where, please?",Card_arrival\r\n\r\n我的 card 在哪里？,oos\r\n'.encode())
    assert read_questions(path) == [
        Question("Where, please?", "card_arrival", "en", 2),
        Question("我的 card 在哪里？", "oos", "zh-hans", 4),
    ]
    path.write_text("Language,note,category,text\nzh-hans,x,oos,PIN\n,,oos,PIN\n")
    assert [question.language for question in read_questions(path)] == ["zh-hans", "en"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("question,answer\na,b\n", "{path}, line 1: the first line must name the columns text and category."),
        ("", "{path}, line 1: the first line must name the columns text and category."),
        ("text,category\n", "{path} has no rows."),
        ("text,category\na,oos\nb\n", "{path}, line 3: 1 values where 2 are needed."),
        ("text,category\na,?!\n", "{path}, line 2: a value is empty."),
        ('text,category\n"a,oos\n', "{path}, line 2: not readable as CSV: unexpected end of data"),
        ("text,category,language\na,oos,fr\n", "{path}, line 2: the language must be en or zh-hans, not “fr”."),
        ("text,category\na\udcff,oos\n", "{path}, line 2: this is not UTF-8 text."),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, sentence: str):
    path = tmp_path / "q.csv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(DatasetError) as caught:
        read_questions(path)
    assert str(caught.value) == sentence.format(path=path)


def test_no_file(tmp_path: Path):
    with pytest.raises(DatasetError, match=r"^There is no file .*none\.csv\.$"):
        read_questions(tmp_path / "none.csv")


def test_some_at_random_are_the_same_for_the_same_seed():
    rows = [Question(str(n), "oos", "en") for n in range(100)]
    some = pick(rows, 10, 1)
    assert (len(some), some) == (10, pick(rows, 10, 1))
    assert some != pick(rows, 10, 2)
    assert sorted(pick(rows, None, 0), key=lambda row: int(row.text)) == rows


def test_what_an_article_has_word_for_word():
    asked = ["where is my card?", "Where's my card?", "pin  BLOCKED!"]
    known = is_example(KNOWLEDGE)
    assert [known(Question(text, "oos", "en")) for text in asked] == [True, False, True]
