"""The figures of a small run that can be counted by hand."""

from __future__ import annotations

import json

import pytest

from inference.evaluating.pairs import Group, groups
from inference.evaluating.questions import Question
from inference.evaluating.summary import questions, sample, sampled, summarise
from tests.inference.evaluating.answering import ARRIVAL, PIN, abstains, cites, made

QUESTIONS = [
    Question("Where is it?", "cardarrival", "en"),
    Question("我的卡呢？", "cardarrival", "zh-hans"),
    Question("PIN?", "pin_blocked", "en"),
    Question("Blocked?", "pin_blocked", "en"),
    Question("Who won?", "oos", "en"),
    Question("Gone?", "nowhere", "en"),
]
RULES = [
    cites("card-arrival", confidence=0.9, total_ms=10.0, first_token_ms=1.0),
    cites("card-arrival", "卡片正在邮寄途中。", 0.8, total_ms=20.0),
    cites("card-arrival", confidence=0.4),
    abstains(0.3, explanation={"kind": "keywords", "article": "pin_blocked"}),
    abstains(),
    cites("pin_blocked", PIN, 0.35, answered_by="rules", reason="rules_sure"),
]
GPT2 = [cites("card-arrival"), cites("pin_blocked", "Open **Cards"), *[cites("pin_blocked", PIN)] * 2, abstains(), None]
RUN = made(QUESTIONS, {"rules": RULES, "gpt2": GPT2})
SUMMARY = summarise(RUN)


def test_the_shape_that_others_rely_on():
    rules = SUMMARY["engines"]["rules"]
    assert {name: rules[name] for name in ("n", "right", "wrong", "abstained", "failed", "accuracy")} == {
        **{"n": 6, "right": 3, "wrong": 2, "abstained": 1, "failed": 0, "accuracy": 0.5}
    }
    assert rules["accuracy_ci95"] == pytest.approx([0.1876, 0.8124], abs=5e-5)
    assert sorted(rules["latency_ms"]) == ["p50", "p95", "p99"]
    assert json.loads(json.dumps(SUMMARY)) == SUMMARY


def test_inside_and_outside_the_business():
    rules = SUMMARY["engines"]["rules"]
    assert (rules["in_scope"]["n"], rules["in_scope"]["right"], rules["out_of_scope"]["right"]) == (5, 2, 1)
    shares = [rules[name] for name in ("refused_in_scope", "refused_out_of_scope", "wrong_of_answered")]
    assert [(share["count"], share["n"]) for share in shares] == [(1, 5), (1, 1), (2, 4)]
    assert rules["languages"]["zh-hans"]["accuracy"] == 1.0
    assert rules["languages"]["en"]["in_scope"]["n"] == 4


def test_topics_and_confusions():
    rules = SUMMARY["engines"]["rules"]
    assert {name: (topic["right"], topic["n"]) for name, topic in rules["topics"].items()} == {
        **{"cardarrival": (2, 2), "nowhere": (0, 1), "oos": (1, 1), "pin_blocked": (0, 2)}
    }
    assert rules["confusions"] == [
        {"expected": "nowhere", "given": "pin_blocked", "n": 1, "examples": ["Gone?"]},
        {"expected": "pin_blocked", "given": "card-arrival", "n": 1, "examples": ["PIN?"]},
    ]
    assert SUMMARY["unknown_topics"] == {"nowhere": 1}


def test_the_curve_goes_on_beyond_todays_threshold():
    curve = SUMMARY["engines"]["rules"]["risk_coverage"]
    assert curve["today"] == {"coverage": 4 / 6, "risk": 0.5}
    assert [point["confidence"] for point in curve["points"]] == [0.9, 0.8, 0.4, 0.35, 0.3]
    assert [point["risk"] for point in curve["points"]] == pytest.approx([0, 0, 1 / 3, 0.5, 0.4])
    assert curve["coverage_at_3_percent"] == pytest.approx(1 / 3, abs=1e-4)


def test_only_what_both_answered_is_compared():
    (pair,) = SUMMARY["comparisons"]
    assert (pair["first"], pair["second"], pair["n"]) == ("rules", "gpt2", 5)
    assert [pair[name] for name in ("both", "only_first", "only_second", "neither")] == [2, 1, 2, 0]


def test_cost_and_form():
    gpt2 = SUMMARY["engines"]["gpt2"]
    assert (gpt2["cpu_ms_per_answer"], gpt2["answers_per_s"]) == (100.0, 2.5)
    form = {name: (share["count"], share["n"]) for name, share in gpt2["form"].items()}
    assert form == {
        "good": (4, 5),
        "ended": (5, 5),
        "whole": (4, 5),
        "language_right": (4, 5),
        "no_repetition": (5, 5),
        "markup_whole": (4, 5),
        "published": (3, 4),
    }


def test_the_sample_is_of_questions_that_all_answered():
    places = sample(RUN, 3, 1)
    assert places == sample(RUN, 3, 1)
    assert sample(RUN, 50, 0) == [0, 1, 2, 3, 4]
    (first,) = sampled(RUN, [0])
    assert (first["question"], first["expected"]) == ("Where is it?", "cardarrival")
    assert (first["answers"]["rules"]["text"], first["answers"]["rules"]["published"]) == (ARRIVAL, True)


def test_every_question_with_its_answers():
    rows = questions(RUN)
    assert [sorted(row["answers"]) for row in rows] == [["gpt2", "rules"]] * 5 + [["rules"]]
    assert rows[5]["answers"]["rules"] == {
        **{"outcome": "wrong", "source": "pin_blocked", "confidence": 0.35},
        **{"answered_by": "rules", "reason": "rules_sure", "total_ms": 3.0},
    }


def test_questions_are_grouped_by_who_is_right():
    assert groups(RUN, 0) == [
        Group(("gpt2",), ("rules",), 2, (2, 3)),
        Group(("rules",), ("gpt2",), 1, (1,)),
        Group(("rules", "gpt2"), (), 2, (0, 4)),
    ]


def test_few_of_many_are_written_out():
    many = [Question(f"Where? {n}", "cardarrival", "en") for n in range(200)]
    run = made(many, {"rules": [cites("card-arrival")] * 100 + [cites("pin_blocked")] * 100})
    assert [(group.n, len(group.places)) for group in groups(run, 0)] == [(100, 60), (100, 20)]
