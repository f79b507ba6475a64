"""Votes counted by question and by topic."""

from __future__ import annotations

from chat.review.tally import BOTH_BAD, FORMER, LATTER, Cell, tally

A_WON, B_WON, BAD = (Cell("a", "b", result) for result in (FORMER, LATTER, BOTH_BAD))


def test_questions_with_the_same_votes_are_one_pattern() -> None:
    found = tally((f"q{n}", "card", "a", "b", "first" if n % 2 else "second", 1) for n in range(1000))
    assert found.patterns == {((A_WON, 1),): 500, ((B_WON, 1),): 500}
    assert (found.prompts, found.votes()) == (1000, {A_WON: 500, B_WON: 500})


def test_one_question_may_have_several_votes() -> None:
    rows = [
        ("q", "card", "a", "b", "first", 2),
        ("q", "pin", "b", "a", "first", 1),
        ("q", "card", "a", "b", "both_bad", 1),
    ]
    found = tally(rows)
    assert found.patterns == {((BAD, 1), (A_WON, 2), (B_WON, 1)): 1}
    assert found.topics["card"].votes == {A_WON: 2, BAD: 1}
    assert found.topics["card"].prompts == {("a", "b"): 1}
    assert found.topics["pin"].prompts == {("a", "b"): 1}


def test_a_question_that_has_bad_answers_alone_is_none_of_a_topics() -> None:
    assert tally([("q", "card", "a", "b", "both_bad", 3)]).topics["card"].prompts == {}
