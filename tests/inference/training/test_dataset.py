"""Files with conversations: what is read from them, and what is said about a wrong one."""

import json
from pathlib import Path

import pytest

from inference.training.dataset import Conversation, DatasetError, Turn, read_dataset, slug
from inference.types import Role

GOOD = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello", "source": "-talk"}


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def complaint(path: Path) -> str:
    with pytest.raises(DatasetError) as caught:
        read_dataset(path)
    return str(caught.value).replace(str(path), "FILE")


def test_csv_of_questions_and_answers(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", '\ufeffquestion,answer,source\nWhere?,"In the\npost, soon.",Card_Arrival?\n')
    turns = (Turn(Role.USER, "Where?"), Turn(Role.ASSISTANT, "In the\npost, soon.", "card_arrival"))
    assert read_dataset(path) == [Conversation(turns, line=3)]


def test_csv_of_texts_and_categories_teaches_the_source_alone(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,category\nWhere is it?,card_arrival\n\n")
    turns = (Turn(Role.USER, "Where is it?"), Turn(Role.ASSISTANT, "", "card_arrival"))
    assert read_dataset(path) == [Conversation(turns, line=2)]


def test_jsonl_of_conversations(tmp_path: Path) -> None:
    row = {"messages": GOOD, "weight": 2, "answer_share": 0.5, "kind": "talk", "language": "en"}
    turns = (Turn(Role.USER, "Hi"), Turn(Role.ASSISTANT, "Hello", "-talk"))
    path = write(tmp_path / "a.jsonl", "\n" + json.dumps(row) + "\n")
    assert read_dataset(path) == [Conversation(turns, 2.0, 0.5, "talk", "en", 2)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("question,answer\nWhere?,Here.\nWhy?\n", "FILE, line 3: 1 values where 2 are needed."),
        ("question,answer\nWhere?,Here.\n ,Because.\n", "FILE, line 3: a value is empty."),
        (
            "frage,antwort\nWo?,Hier.\n",
            "FILE, line 1: the columns must be question,answer or question,answer,source or text,category.",
        ),
        ('question,answer\nWhere?,"Here"or there\n', "FILE, line 2: not readable as CSV: ',' expected after '\"'"),
        (b"question,answer\nWhere?,Here.\nWhy?,\xff\n", "FILE, line 3: this is not UTF-8 text."),
        ("question,answer\n", "FILE has no rows."),
        ("", "FILE, line 1: the columns must be question,answer or question,answer,source or text,category."),
    ],
)
def test_what_is_wrong_with_a_csv(tmp_path: Path, text: str | bytes, said: str) -> None:
    assert complaint(write(tmp_path / "a.csv", text)) == said


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{", "this is not JSON."),
        ("[" * 100_000, "this is not JSON."),
        ("[]", "an object with a list “messages” is needed."),
        ('{"messages": []}', "an object with a list “messages” is needed."),
        (json.dumps({"messages": GOOD[:1]}), "the last message must be an answer."),
        (
            json.dumps({"messages": [*GOOD, {"role": "bot", "content": ""}]}),
            "a message needs a role (system, user or assistant) and a content that is text.",
        ),
        (
            json.dumps({"messages": ["Hi"]}),
            "a message needs a role (system, user or assistant) and a content that is text.",
        ),
        (json.dumps({"messages": GOOD, "weight": -1}), "“weight” must be a number from 0 to 1000.0."),
        (json.dumps({"messages": GOOD, "answer_share": "all"}), "“answer_share” must be a number from 0 to 1.0."),
    ],
)
def test_what_is_wrong_with_a_jsonl(tmp_path: Path, row: str, said: str) -> None:
    path = write(tmp_path / "a.jsonl", json.dumps({"messages": GOOD}) + "\n" + row)
    assert complaint(path) == f"FILE, line 2: {said}"


def test_no_such_file_and_no_such_kind(tmp_path: Path) -> None:
    assert complaint(tmp_path / "none.csv") == "There is no file FILE."
    assert complaint(write(tmp_path / "a.txt", "question,answer")) == "FILE must end in .csv or .jsonl."


def test_slug_is_that_of_the_evaluation() -> None:
    assert [slug(name) for name in ("reverted_card_payment?", "Refund_not_showing_up", "-oos")] == [
        "reverted_card_payment",
        "refund_not_showing_up",
        "-oos",
    ]
