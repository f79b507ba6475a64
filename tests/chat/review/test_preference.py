"""Shares, intervals and ranking of votes whose answer is known."""

from __future__ import annotations

import math

import pytest

from chat.review.preference import Interval, Preferences, wilson
from chat.review.tally import Row, tally


def rows(*votes: tuple[str, str, str, int], topic: str = "card") -> list[Row]:
    """(first, second, outcome, how many questions) as one vote on a question of its own each."""
    found: list[Row] = []
    for first, second, outcome, questions in votes:
        found += [(f"q{len(found) + n}", topic, first, second, outcome, 1) for n in range(questions)]
    return found


def near(value: float) -> object:
    return pytest.approx(value, abs=0.01)


def test_a_wilson_interval_is_that_of_the_books() -> None:
    found = wilson(60, 100)
    assert found is not None
    assert (found.value, found.low, found.high) == (0.6, near(0.50), near(0.69))
    assert wilson(0, 0) is None


def test_without_votes_there_is_nothing() -> None:
    found = Preferences(tally([]))
    assert (found.pairs, found.ranking()) == ([], [])


def test_counts_do_not_depend_on_which_answer_came_first() -> None:
    found = Preferences(
        tally(rows(("rules", "gpt2", "first", 3), ("gpt2", "rules", "first", 2), ("gpt2", "rules", "tie", 1)))
    )
    pair = found.pairs[0]
    assert (pair.former, pair.latter, pair.wins, pair.losses, pair.ties) == ("gpt2", "rules", 2, 3, 1)


def test_two_bad_answers_are_votes_for_neither() -> None:
    pair = Preferences(tally(rows(("a", "b", "first", 6), ("a", "b", "second", 4), ("a", "b", "both_bad", 90)))).pairs[
        0
    ]
    assert (pair.share and pair.share.value, pair.both_bad, pair.counted, pair.votes) == (0.6, 90, 10, 100)
    only_bad = Preferences(tally(rows(("a", "b", "both_bad", 3)))).pairs[0]
    assert (only_bad.share, only_bad.prompts) == (None, 0)


def test_one_vote_proves_little() -> None:
    share = Preferences(tally(rows(("a", "b", "first", 1)))).pairs[0].share
    assert share == Interval(1.0, near(0.21), 1.0)


def test_votes_on_one_question_belong_together() -> None:
    """A hundred votes on four questions say less than on a hundred."""
    spread = Preferences(tally(rows(("a", "b", "first", 50), ("a", "b", "second", 50)))).pairs[0]
    crowded = [(f"q{n}", "card", "a", "b", "first" if n < 2 else "second", 25) for n in range(4)]
    together = Preferences(tally(crowded)).pairs[0]
    assert (spread.votes, together.votes, spread.prompts, together.prompts) == (100, 100, 100, 4)
    assert spread.share == Interval(0.5, near(0.40), near(0.60))
    assert together.share == Interval(0.5, near(0.0), near(1.0))


def test_points_of_two_engines_are_the_odds() -> None:
    ranking = Preferences(tally(rows(("a", "b", "first", 750), ("a", "b", "second", 250)))).ranking()
    assert [rank.engine for rank in ranking] == ["a", "b"]
    assert ranking[0].points.value - ranking[1].points.value == pytest.approx(400 * math.log10(3), abs=1)
    assert ranking[0].points.low < ranking[0].points.value < ranking[0].points.high


def test_points_of_three_engines_add_up() -> None:
    votes = [("a", "b", "first", 200), ("a", "b", "second", 100), ("b", "c", "first", 200), ("b", "c", "second", 100)]
    ranking = Preferences(tally(rows(*votes))).ranking()
    step = 400 * math.log10(2)
    assert [(rank.engine, rank.points.value) for rank in ranking] == [
        ("a", pytest.approx(1000 + step, abs=2)),
        ("b", pytest.approx(1000, abs=2)),
        ("c", pytest.approx(1000 - step, abs=2)),
    ]


def test_who_never_lost_has_points_that_are_finite() -> None:
    ranking = Preferences(tally(rows(("a", "b", "first", 20)))).ranking()
    assert all(math.isfinite(edge) for rank in ranking for edge in (rank.points.low, rank.points.high))


def test_a_handful_of_questions_is_not_ranked() -> None:
    assert Preferences(tally(rows(("a", "b", "first", 9)))).ranking() == []


def test_engines_that_never_met_are_not_in_one_ranking() -> None:
    votes = [("a", "b", "first", 12), ("a", "b", "second", 12), ("c", "d", "first", 5)]
    assert {rank.engine for rank in Preferences(tally(rows(*votes))).ranking()} == {"a", "b"}


def test_the_same_votes_give_the_same_intervals() -> None:
    votes = tally(rows(("a", "b", "first", 30), ("a", "b", "second", 20), ("a", "b", "tie", 5)))
    assert Preferences(votes).pairs == Preferences(votes).pairs
    assert Preferences(votes).ranking() == Preferences(votes).ranking()
