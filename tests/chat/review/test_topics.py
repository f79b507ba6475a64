"""Which engine is ahead where, and where nothing can be said."""

from __future__ import annotations

from chat.review.preference import Preferences
from chat.review.tally import tally
from chat.review.topics import TopicCell, leads, topic_rows
from tests.chat.review.test_preference import rows


def test_an_engine_leads_where_it_is_more_than_chance() -> None:
    votes = rows(("a", "b", "first", 40), ("a", "b", "second", 5), topic="pin")
    votes += [(f"r{key}", *rest) for key, *rest in rows(("a", "b", "second", 12), topic="card")]
    votes += [(f"s{key}", *rest) for key, *rest in rows(("a", "b", "first", 9), topic="few")]
    votes += [(f"t{key}", *rest) for key, *rest in rows(("a", "b", "first", 7), ("a", "b", "second", 5), topic="even")]
    counted = tally(votes)
    assert leads(counted.topics, Preferences(counted).pairs[0]) == {"a": ["pin"], "b": ["card"]}


def test_a_row_has_the_share_of_each_engine() -> None:
    counted = tally(rows(("a", "b", "first", 3), ("a", "b", "tie", 1), ("a", "b", "both_bad", 2)))
    row = topic_rows(counted.topics, ["a", "b", "c"])[0]
    assert (row.slug, row.votes, row.both_bad) == ("card", 6, 2)
    assert row.cells == (TopicCell("a", 0.875, 4), TopicCell("b", 0.125, 4), TopicCell("c", None, 0))
