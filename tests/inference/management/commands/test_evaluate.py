"""The `evaluate` command: from a CSV to a table, a JSON file and a page."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import translation

import inference
from inference import knowledge
from inference.evaluating.questions import Question
from inference.management.evaluation_words import milliseconds, p_value, percent, why
from tests.inference.evaluating.answering import PIN, Answering, abstains, cites, engines, known, made

CSV = "text,category\nWhere is my card?,Card-Arrival\n<b>PIN</b>?,pin_blocked\nWho won?,oos\n"
RULES = {"Where is my card?": cites("card-arrival"), "<b>PIN</b>?": cites("card-arrival"), "Who won?": abstains()}
GPT2 = {**RULES, "<b>PIN</b>?": cites("pin_blocked", PIN)}


@pytest.fixture(autouse=True)
def two(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Answering]]:
    monkeypatch.setattr(knowledge, "_source", known)
    yield engines(rules=RULES, gpt2=GPT2)
    inference.configure(settings.INFERENCE)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "questions.csv"
    path.write_text(CSV)
    return path


def evaluate(*args: Any, **options: Any) -> str:
    out = io.StringIO()
    call_command("evaluate", *map(str, args), stdout=out, **options)
    return out.getvalue()


def test_a_table_of_all_usual_engines(file: Path):
    lines = evaluate(file).splitlines()
    assert max(map(len, lines)) <= 80
    (right,) = [line.split() for line in lines if line.startswith("right ")][:1]
    assert right == ["right", "66.7%", "[20.8–93.9]", "100.0%", "[43.9–100.0]"]
    said = " ".join(" ".join(lines).split())
    assert "GPT-2: 100.0% right [43.9–100.0] of 3 questions; where it chose to answer, 0.0% wrong" in said
    assert "cannot be told apart: right alone on 1 and 0 questions" in said


def test_the_json_is_as_agreed(file: Path, tmp_path: Path):
    evaluate(file, "--engine", "gpt2", "rules", "--json", tmp_path / "e.json", "--sample", 2)
    data = json.loads((tmp_path / "e.json").read_text())
    assert list(data["engines"]) == ["gpt2", "rules"]
    found = data["engines"]["gpt2"]
    assert [found[name] for name in ("n", "right", "wrong", "abstained", "accuracy")] == [3, 3, 0, 0, 1.0]
    assert found["accuracy_ci95"][0] == pytest.approx(0.4385, abs=5e-5)
    assert found["latency_ms"] == {"p50": 3.0, "p95": 3.0, "p99": 3.0}
    assert data["facts"]["gpt2"] == {"backend": "answering", "checkpoint": "none"}
    assert (len(data["sample"]), len(data["rows"])) == (2, 3)


@pytest.mark.parametrize(("language", "lang"), [("en", 'lang="en"'), ("zh-hans", 'lang="zh-hans"')])
def test_the_page_needs_nothing_else_and_no_text_becomes_markup(file: Path, tmp_path: Path, language: str, lang: str):
    out = evaluate(file, "--html", tmp_path / "e.html", "--language", language)
    page = (tmp_path / "e.html").read_text()
    assert str(tmp_path / "e.html") in out
    assert lang in page
    assert "<b>PIN" not in page
    assert "&lt;b&gt;PIN" in page
    assert [word for word in ("<script", "http:", "https:", "url(h", " src=") if word in page] == []


def test_a_limit_asks_so_many_and_the_same_for_the_same_seed(file: Path, two: dict[str, Answering]):
    evaluate(file, "--engine", "rules", "--limit", "1", "--seed", "3")
    evaluate(file, "--engine", "rules", "--limit", "1", "--seed", "3")
    assert len({request.messages[0].content for request in two["rules"].requests}) == 1
    assert two["rules"].closed


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["none.csv"], "There is no file none.csv."),
        (["{bad}"], "{bad}, line 2: 1 values where 2 are needed."),
        (["{file}", "--engine", "gpt9"], "There is no backend named 'gpt9' in INFERENCE."),
        (["{file}", "--json", "/nowhere/e.json"], "There is no folder /nowhere."),
    ],
)
def test_what_cannot_be_done_is_one_sentence(file: Path, tmp_path: Path, args: list[str], sentence: str):
    bad = tmp_path / "bad.csv"
    bad.write_text("text,category\nWhere?\n")
    with pytest.raises(CommandError) as caught:
        evaluate(*(arg.format(bad=bad, file=file) for arg in args))
    assert str(caught.value) == sentence.format(bad=bad)


def test_a_number_below_one_is_refused(file: Path):
    with pytest.raises(CommandError, match="1 or more"):
        evaluate(file, "--limit", "0")


def test_an_engine_that_cannot_start_is_one_sentence(file: Path, two: dict[str, Answering]):
    two["gpt2"].ready = False
    with pytest.raises(CommandError, match=r"^No weights\.$"):
        evaluate(file)


def test_ctrl_c_keeps_what_was_done(file: Path):
    async def interrupted() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.Event().wait()

    engines(rules=RULES, gpt2={**GPT2, "Who won?": interrupted})
    out = " ".join(evaluate(file, "--streams", "1").split())
    assert "The run was stopped early" in out
    assert "Rules: 66.7% right" in out


def test_an_article_that_nobody_knows_is_said(file: Path):
    file.write_text(CSV + "Where is my card?,lost_card\n")
    assert "1 question expects an article that is not published (lost_card)" in " ".join(evaluate(file).split())


def test_questions_that_an_article_has_are_said_or_left_out(file: Path):
    assert "1 question is an example in an article, word for word" in " ".join(evaluate(file).split())
    left = evaluate(file, "--unseen")
    assert "example in an article" not in left
    assert "2 questions, 8 at a time" in left
    file.write_text("text,category\nWhere is my card?,card_arrival\n")
    with pytest.raises(CommandError, match=r"^Every question is an example in an article\.$"):
        evaluate(file, "--unseen")


def test_figures_in_words():
    assert [percent(None), percent(0.907), percent(0.5, 0)] == ["–", "90.7%", "50%"]
    assert [milliseconds(value) for value in (None, 0.123, 4.56, 12.3, 4321.0)] == ["–", "0.12", "4.6", "12", "4,321"]
    assert [p_value(p) for p in (0.00001, 0.0123, 0.5)] == [
        *("p\N{NO-BREAK SPACE}<\N{NO-BREAK SPACE}0.0001", "p\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}0.012"),
        "p\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}0.50",
    ]


@pytest.mark.parametrize(
    ("explanation", "said"),
    [
        (
            {"kind": "keywords", "matched": ["card"], "score": 2.0, "threshold": 1.4, "runner_up": {"article": "a"}},
            ["matched: card", "score 2.00, threshold 1.40", "next best: a (–)"],
        ),
        (
            {
                "router": {"reason": "rules_unsure"},
                "citation": {"article": "b", "runner_up": {"article": "a", "confidence": 0.25}},
                "retrieval": [{"article": "b", "score": 0.5}],
            },
            [
                "The rules were not sure, so the language model was asked.",
                *("next best: a (0.25)", "retrieval: b (0.50)"),
            ],
        ),
        ({}, []),
    ],
)
def test_why_in_words(explanation: dict[str, Any], said: list[str]):
    question = Question("Where?", "cardarrival", "en")
    run = made([question], {"rules": [cites("card-arrival", explanation=explanation)]})
    with translation.override("en"):
        assert why(run.engines[0].answers[0]) == said
