"""chat/admin/explanations.py: a stored explanation as tables, whatever is in it."""

from __future__ import annotations

import pytest

from chat.admin.explanations import Table, tables
from chat.models import Generation
from tests.chat.admin.conftest import Talk

RULES = {
    "kind": "keywords",
    "article": "card_arrival",
    "score": 2.5,
    "threshold": 1.4,
    "runner_up": {"article": "-oos", "score": 0.5},
    "matched": [{"text": "card", "share": 1.25}, "arrive"],
}
TOLD = {
    "router": {"policy": "rules_when_sure", "reason": "rules_unsure"},
    "rules": RULES,
    "retrieval": [
        {"article": "card_arrival", "score": 0.8, "matched": ["card", "<b>"]},
        {"article": "pin", "score": 0.1},
    ],
    "citation": {"article": "card_arrival", "confidence": 0.9, "runner_up": {"article": "pin", "confidence": 0.05}},
}


def test_each_part_is_a_table():
    assert tables(Generation(explanation=TOLD)) == [
        Table(
            "What the model named",
            ["", "Article", "Confidence"],
            [["Named source", "card_arrival", "0.90"], ["Runner-up", "pin", "0.05"]],
        ),
        Table(
            "What the rules thought",
            ["", "Article", "Score", "Threshold"],
            [["Best", "card_arrival", "2.50", "1.40"], ["Runner-up", "outside the business", "0.50", "1.40"]],
            "Decided by: weighted keywords.",
        ),
        Table("Matched words", ["Word", "Weight"], [["card", "1.25"], ["arrive", "–"]]),
        Table(
            "What retrieval found",
            ["Article", "Score", "Matched words"],
            [["card_arrival", "0.80", "card, <b>"], ["pin", "0.10", "–"]],
        ),
    ]


def test_the_rules_steps_are_tables_too():
    fired = {"step": "patterns", "fired": [{"article": "pin", "pattern": r"\bpin\b"}]}
    weighed = {"article": "pin", "score": 2, "threshold": 1.5, "keywords": [{"text": "pin", "share": 2}]}
    steps = [fired, {"step": "articles", "candidates": [weighed, {"article": "-talk"}]}, "nonsense"]
    assert tables(Generation(explanation={"rules": {"kind": "pattern", "steps": steps}}))[1:] == [
        Table("Patterns that fit", ["Article", "Pattern"], [["pin", r"\bpin\b"]]),
        Table(
            "Articles that the rules weighed",
            ["Article", "Score", "Threshold", "Keywords"],
            [["pin", "2.00", "1.50", "pin"], ["small talk", "–", "–", "–"]],
        ),
    ]


def test_an_answer_of_the_rules_alone_explains_itself():
    assert [table.caption for table in tables(Generation(explanation=RULES))] == [
        "What the rules thought",
        "Matched words",
    ]


@pytest.mark.parametrize(
    "told",
    [{}, [], "x", {"rules": "x", "citation": 5, "retrieval": {}}, {"kind": 5, "matched": [None], "runner_up": []}],
)
def test_anything_may_be_stored(told: object):
    assert all(table.caption for table in tables(Generation(explanation=told)))


@pytest.mark.django_db
def test_the_transcript_says_who_answered_why_and_how_sure(staff_client):
    talk = Talk()
    record = {"answered_by": "gpt2", "reason": "article_changed", "confidence": 0.9, "explanation": TOLD}
    talk.answer("Five days.", record)
    html = staff_client.get(talk.url).content.decode()
    rows = {
        "Answered by": "the language model",
        "Why this one": "The rules were not sure, so the language model was asked. The article has changed since the "
        "model was taught it, so it was quoted as published.",
        "Confidence": "0.90",
        "Said that it does not know": "No",
    }
    missing = [name for name, value in rows.items() if f'<th scope="row">{name}</th><td>{value}</td>' not in html]
    assert missing == []
    assert "<caption>What retrieval found</caption>" in html
    assert "card, &lt;b&gt;" in html
