"""Training rows of the sample business: what is validation stays out of training, and rows have the right shape."""

from __future__ import annotations

import json
import random
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from chat.enums import Language
from chat.knowledge import corpus
from chat.knowledge.corpus import CLINC_WEIGHT
from chat.knowledge.sample_data import load_articles, load_intents, load_out_of_scope, load_small_talk
from inference.evaluating import read_questions
from inference.training import Conversation, read_dataset
from inference.types import Role

BANKING = "text,category\n" + "".join(f"where is card number {n}?,card_arrival\n" for n in range(200))
CLINC = "text,category\n" + "".join(
    f"what about {n} o'clock,{intent}\n" for n in range(20) for intent in ("alarm", "goodbye", "pin_change")
)
CLINC_OOS = 'text,category\n"who won, and why?",oos\n'


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Conversation]]:
    folder = tmp_path_factory.mktemp("corpus")
    for name, text in (("banking", BANKING), ("clinc", CLINC), ("oos", CLINC_OOS)):
        (folder / f"{name}.csv").write_text(text)
    files = {"banking77": folder / "banking.csv", "clinc": folder / "clinc.csv", "clinc_oos": folder / "oos.csv"}
    out = StringIO()
    call_command("build_corpus", out=folder, stdout=out, **files)
    found = {name: read_dataset(folder / f"{name}.jsonl") for name in ("train", "validation")}
    lines = [f"{name}.jsonl: {len(rows)} conversations." for name, rows in found.items()]
    asked = read_questions(folder / "validation.csv")
    assert out.getvalue().splitlines() == [*lines, f"validation.csv: {len(asked)} questions."]
    wanted = [row for row in found["validation"] if len(row.turns) == 2 and row.turns[-1].source != "-talk"]
    assert {q.text: (q.expected.replace("oos", "-oos"), q.language) for q in asked} == {
        row.turns[0].content: (row.turns[-1].source, row.language) for row in wanted if row.weight != CLINC_WEIGHT
    }
    return found


def questions(rows: list[Conversation]) -> set[tuple[str, str]]:
    """A follow-up is told from the same words after another article's answer."""
    return {(row.turns[-1].source * (row.kind == "follow_up"), row.turns[-2].content.lower()) for row in rows}


def test_no_validation_question_is_trained_on(parts: dict[str, list[Conversation]]) -> None:
    assert questions(parts["train"]) & questions(parts["validation"]) == set()
    earlier = {turn.content.lower() for row in parts["train"] for turn in row.turns[:-2] if turn.role is Role.USER}
    held = {row.turns[0].content.lower() for row in parts["validation"] if len(row.turns) == 2}
    assert earlier & held == set()


def test_the_last_six_chinese_questions_of_each_article_are_validation(parts: dict[str, list[Conversation]]) -> None:
    found = {r.turns[0].content for r in parts["validation"] if (r.kind, r.language) == ("question", "zh-hans")}
    wanted = {q for article in load_articles() for q in article.texts[Language.CHINESE].questions[-6:]}
    assert found == wanted


def test_about_a_tenth_of_the_published_questions_is_validation(parts: dict[str, list[Conversation]]) -> None:
    rows = [row for row in parts["validation"] if row.turns[-2].content.startswith("where is card number")]
    single = [row for row in rows if row.kind == "question"]
    assert 8 <= len(single) <= 35
    assert {row.turns[-1].source for row in rows} == {"card_arrival"}


def test_only_the_last_answer_names_a_source(parts: dict[str, list[Conversation]]) -> None:
    rows = parts["train"] + parts["validation"]
    assert [row for row in rows if not row.turns[-1].source or any(turn.source for turn in row.turns[:-1])] == []


def test_a_follow_up_comes_after_an_answer_of_its_article(parts: dict[str, list[Conversation]]) -> None:
    answers = {a.slug: {x for text in a.texts.values() for x in text.answers} for a in load_articles()}
    rows = [row for row in parts["train"] if row.kind == "follow_up"]
    assert len(rows) == 77 * 2 * 2 * 2 * 4
    assert [row for row in rows if row.turns[1].content not in answers[row.turns[-1].source]] == []


def test_a_change_of_topic_is_one(parts: dict[str, list[Conversation]]) -> None:
    source = {a: x.slug for x in load_articles() for text in x.texts.values() for a in text.answers}
    for name in ("train", "validation"):
        rows = [row for row in parts[name] if row.kind == "topic_change"]
        assert rows != []
        assert [row for row in rows if source.get(row.turns[1].content) == row.turns[-1].source] == []
        assert any(row.turns[1].content not in source for row in rows) == (name == "train")


def test_blends_and_sentences_are_made_of_training_text_alone() -> None:
    articles = load_articles()[:3]
    questions = corpus.article_items(articles, [], {}, {})
    split = corpus.build(articles, questions, corpus.Split([], []))
    rows = [row for row in split.train if row.kind == "question" and row.language == Language.CHINESE]
    assert len(rows) > 3 * (31 + corpus.BLENDS)
    held = [item.question.rstrip("。？！?!") for item in questions.validation]
    assert [row for row in rows if any(question in row.turns[0].content for question in held)] == []


def test_an_intent_that_is_the_banks_own_is_left_out() -> None:
    own = (load_small_talk(), load_out_of_scope())
    clinc = [("change my pin", "pin_change"), ("see you", "goodbye"), ("wake me", "alarm"), ("why", "oos")]
    split = corpus.talk_items(*own, clinc, load_intents(), [(Language.CHINESE, "joke", "讲个笑话")], {})
    found = {item.question: item.source for item in (*split.train, *split.validation)}
    assert "change my pin" not in found
    assert [found[key] for key in ("see you", "wake me", "why", "讲个笑话")] == ["-talk", "-oos", "-oos", "-talk"]


def test_what_is_held_back_depends_on_the_words_alone() -> None:
    assert corpus.held_back("Where is my card?") == corpus.held_back(" where is MY card")
    assert 60 < sum(corpus.held_back(f"question {n}") for n in range(1000)) < 140


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"There is no file none\.csv"):
        call_command("build_corpus", banking77=Path("none.csv"), clinc=tmp_path, clinc_oos=tmp_path, out=tmp_path)


def test_rows_are_written_as_training_reads_them() -> None:
    item = corpus.Item("question", Language.ENGLISH, "Hi", "-talk", ("Hello",), 2.0, 0.5)
    row = item.row(random.Random(0)).as_json()
    assert json.loads(json.dumps(row)) == {
        "messages": [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello", "source": "-talk"},
        ],
        "kind": "question",
        "language": "en",
        "weight": 2.0,
        "answer_share": 0.5,
    }
