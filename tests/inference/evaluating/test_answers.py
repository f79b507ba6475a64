"""What is right, wrong or abstained, and which article an engine would have taken."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from inference.errors import MessageTooLong
from inference.evaluating.answers import Outcome, answer, failed, judge
from inference.evaluating.questions import Question
from tests.inference.evaluating.answering import ARRIVAL, KNOWLEDGE, abstains, cites
from tests.scripted import COMPLETION

CARD, OUTSIDE = Question("Where?", "cardarrival", "en"), Question("Who won?", "oos", "en")


@pytest.mark.parametrize(
    ("question", "said", "outcome"),
    [
        (CARD, cites("card-arrival"), Outcome.RIGHT),
        (CARD, cites("Card-Arrival?"), Outcome.RIGHT),
        (CARD, cites("pin_blocked"), Outcome.WRONG),
        (CARD, cites(""), Outcome.WRONG),
        (CARD, abstains(), Outcome.ABSTAINED),
        (OUTSIDE, abstains(), Outcome.RIGHT),
        (OUTSIDE, cites("pin_blocked"), Outcome.WRONG),
        (OUTSIDE, cites(""), Outcome.WRONG),
    ],
)
def test_an_answer_is_judged_by_its_source(question: Question, said: tuple[str, Any], outcome: Outcome):
    assert judge(question, said[1]) is outcome


def test_only_the_first_source_counts():
    assert judge(CARD, replace(COMPLETION, sources=("pin_blocked", "card-arrival"))) is Outcome.WRONG


def test_an_answer_is_the_published_article_letter_by_letter_or_not():
    found = [answer(CARD, text, True, cites("card-arrival")[1], KNOWLEDGE) for text in (ARRIVAL + "\n", "It is.")]
    assert [one.published for one in found] == [True, False]
    assert answer(CARD, "No.", True, abstains()[1], KNOWLEDGE).published is None


@pytest.mark.parametrize(
    ("explanation", "candidate", "sureness"),
    [
        ({"kind": "keywords", "article": "pin_blocked"}, "pin_blocked", 0.2),
        ({"router": {}, "rules": {"kind": "none", "article": "pin_blocked"}}, "pin_blocked", 0.2),
        ({"kind": "talk", "article": "-talk"}, "", None),
        ({"citation": {"article": "pin_blocked", "confidence": 0.4}}, "pin_blocked", 0.4),
        (
            {"citation": {"article": "-oos", "confidence": 0.6, "runner_up": {"article": "a", "confidence": 0.3}}},
            *("a", 0.3),
        ),
        ({"citation": {"article": "-oos", "confidence": 0.6}, "rules": {"article": "b"}}, "", None),
        ({}, "", None),
    ],
)
def test_what_it_would_have_answered(explanation: dict[str, Any], candidate: str, sureness: float | None):
    found = answer(CARD, "No.", True, abstains(explanation=explanation)[1], KNOWLEDGE)
    assert (found.candidate, found.sureness) == (candidate, sureness)


def test_an_error_is_no_answer():
    found = failed(MessageTooLong("513 tokens"))
    assert (found.outcome, found.error, found.answered) == (Outcome.FAILED, "message_too_long", False)
