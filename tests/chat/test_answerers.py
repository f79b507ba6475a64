"""chat/answerers.py: who answered, why and how sure, in words."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.utils import translation

import inference
from chat.answerers import REASONS, Level, author, engine_name, level, reasons
from chat.models import Generation


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"confidence": 0.9, "sources": ["a"]}, Level.SURE),
        ({"confidence": 0.7, "sources": ["a"]}, Level.FAIRLY),
        ({"confidence": 0.2, "sources": ["a"]}, Level.UNSURE),
        ({"confidence": 0.9, "sources": [], "abstained": True}, Level.UNSURE),
        ({"confidence": 0.9, "sources": []}, Level.NONE),
        ({"confidence": None, "sources": ["a"]}, Level.NONE),
    ],
)
def test_a_person_needs_three_levels(fields: dict[str, object], expected: Level):
    assert level(Generation(**fields)) == expected


def test_the_router_tells_its_reason_beside_the_models():
    record = Generation(reason="article_changed", explanation={"router": {"reason": "rules_unsure"}})
    assert reasons(record) == [REASONS["rules_unsure"], REASONS["article_changed"]]
    assert reasons(Generation(reason="rules_sure", explanation={"router": {"reason": "rules_sure"}})) == [
        REASONS["rules_sure"]
    ]


@pytest.mark.parametrize("explanation", [[], "x", {"router": "x"}, {"router": {}}, {"router": {"reason": None}}])
def test_whatever_is_stored_can_be_read(explanation: object):
    assert reasons(Generation(reason="of my own", explanation=explanation)) == ["of my own"]


def test_an_engine_of_an_operators_own_keeps_its_name():
    with translation.override("en"):
        assert (engine_name("gpt2"), engine_name("mine"), engine_name("")) == ("the language model", "mine", "")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"answered_by": "rules"}, "rules"),
        ({"answered_by": "cloud"}, ""),
        ({"answered_by": "tier", "explanation": {"upstream": {"answered_by": "gpt2"}}}, "gpt2"),
        ({"answered_by": "tier", "explanation": {"upstream": "gpt2"}}, ""),
        ({"answered_by": "tier", "explanation": []}, ""),
    ],
)
def test_an_engine_behind_another_process_is_the_one_that_visitors_know(fields: dict[str, object], expected: str):
    assert author(Generation(**fields)) == expected


def test_an_upstream_has_the_label_that_its_operator_gave_it():
    entry = {"BACKEND": "tests.scripted.ScriptedBackend", "OPTIONS": {"label": "Our cloud"}}
    inference.configure({"cloud": entry, "default": "cloud"})
    try:
        assert (engine_name("cloud"), engine_name("default")) == ("Our cloud", "default")
    finally:
        inference.configure(settings.INFERENCE)
