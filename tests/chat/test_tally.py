"""chat/tally.py: figures of a reply, in one part or in two."""

from __future__ import annotations

from typing import Any

import pytest

from chat.models import Generation
from chat.tally import MAX_DEPTH, MAX_ITEMS, MAX_TEXT, Tally, added, bounded, facts_of
from inference import ChatMessage, Chunk, Decision, Request, Role
from tests.scripted import COMPLETION


def test_a_backends_record_becomes_fields():
    facts = facts_of(COMPLETION)
    assert (facts["prompt_tokens"], facts["truncated_tokens"], facts["sources"]) == (7, 2, ["card_arrival"])
    assert set(facts) <= {field.name for field in Generation._meta.get_fields()}
    assert facts_of(None) == {}


def test_tokens_are_counted_from_outside():
    tally = Tally()
    assert (tally.facts()["completion_tokens"], tally.facts()["first_token_ms"]) == (0, None)
    tally.count(Chunk(text="a", token_count=2))
    tally.count(Chunk(text="b", token_count=1))
    facts = tally.facts()
    assert facts["completion_tokens"] == 3
    assert 0 <= facts["first_token_ms"] <= facts["total_ms"]


@pytest.mark.parametrize(
    ("before", "facts", "total"),
    [
        ({"completion_tokens": None}, {"completion_tokens": 4}, {"completion_tokens": 4}),
        (
            {
                "completion_tokens": 1,
                "mean_logprob": -4.0,
                "min_logprob": -4.0,
                "total_ms": 10,
                "first_token_ms": 5,
                "cpu_ms": 2,
            },
            {
                "completion_tokens": 3,
                "mean_logprob": 0.0,
                "min_logprob": -1.0,
                "total_ms": 20,
                "first_token_ms": 1,
                "cpu_ms": 3,
            },
            {
                "completion_tokens": 4,
                "mean_logprob": -1.0,
                "min_logprob": -4.0,
                "total_ms": 30,
                "first_token_ms": 5,
                "cpu_ms": 5,
            },
        ),
        (
            {"completion_tokens": 1, "mean_logprob": None, "min_logprob": None, "total_ms": None},
            {"completion_tokens": 3, "mean_logprob": -2.0, "min_logprob": -3.0, "total_ms": 20},
            {
                "completion_tokens": 4,
                "mean_logprob": -2.0,
                "min_logprob": -3.0,
                "total_ms": 20,
                "first_token_ms": None,
                "cpu_ms": None,
            },
        ),
        (
            {"completion_tokens": 1, "mean_logprob": -1.0, "min_logprob": -1.0},
            {},
            {
                **{"completion_tokens": 1, "mean_logprob": -1.0, "min_logprob": -1.0},
                **{"total_ms": 0, "first_token_ms": None, "cpu_ms": None},
            },
        ),
    ],
)
def test_a_continued_reply_has_the_figures_of_both_parts(
    before: dict[str, Any], facts: dict[str, Any], total: dict[str, Any]
):
    assert added(Generation(**before), facts) == total


def test_who_answers_is_a_fact_before_the_end():
    tally = Tally()
    tally.decided(Decision("rules", "rules_sure", 0.9, ("card_arrival",), explanation={"matched": ("card",)}))
    facts = tally.facts()
    assert (facts["answered_by"], facts["reason"], facts["confidence"]) == ("rules", "rules_sure", 0.9)
    assert (facts["sources"], facts["explanation"]) == (["card_arrival"], {"matched": ["card"]})
    assert set(facts) <= {field.name for field in Generation._meta.get_fields()}


def test_a_continued_reply_is_still_its_first_engines():
    before = Generation(completion_tokens=2, answered_by="gpt2", sources=["pin"], reason="rules_unsure")
    facts = added(before, {"answered_by": "gpt2", "sources": [], "reason": "", "completion_tokens": 1})
    assert (facts["sources"], facts["reason"], facts["completion_tokens"]) == (["pin"], "rules_unsure", 3)


def test_an_explanation_holds_no_text_that_a_database_refuses():
    assert bounded({"a\x00b": ["\x00c", "\ud83d"]}) == {"ab": ["c", "?"]}


def test_an_explanation_is_stored_at_a_bounded_size():
    deep: Any = "leaf"
    for _ in range(MAX_DEPTH + 2):
        deep = {"in": deep}
    told = bounded({"long": "x" * 999, "many": list(range(99)), "pair": (1, None), "odd": object, "deep": deep})
    assert (len(told["long"]), len(told["many"]), told["pair"]) == (MAX_TEXT, MAX_ITEMS, [1, None])
    assert isinstance(told["odd"], str)
    assert str(told["deep"]).count("in") == MAX_DEPTH - 1
    assert "leaf" not in str(told)


def test_retrievals_prior_is_stored_whole_and_nothing_else_of_its_size():
    prior = {f"article_{n}": -float(n) for n in range(99)}
    tally = Tally()
    tally.decided(Decision("gpt2", explanation={"prior": {**prior, "odd": "text"}, "other": dict(prior)}))
    told = tally.facts()["explanation"]
    assert (told["prior"], len(told["other"])) == (prior, MAX_ITEMS)


def test_what_the_engine_is_told_is_noted():
    tally = Tally()
    turns = (ChatMessage(Role.SYSTEM, "Be kind."), ChatMessage(Role.USER, "Hello"))
    assert tally.with_asked({"explanation": {}}) == {"explanation": {}}
    tally.asked(Request(turns))
    assert tally.with_asked({"explanation": {"kind": "talk"}}) == {
        "explanation": {"kind": "talk", "instructions": "Be kind."}
    }
