"""chat/following.py: a tab doubts what it has not heard of for a while."""

from __future__ import annotations

from typing import Any

import pytest

from chat import following
from chat.following import Following

MESSAGE = {"id": "a", "status": "streaming"}
SNAPSHOT = {"type": "snapshot", "messages": [MESSAGE, {"id": "b", "status": "complete"}]}
NEVER = -1.0


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "SILENCE_S", NEVER)


def after(*events: dict[str, Any]) -> Following:
    """What a tab follows after these events."""
    found = Following()
    for event in events:
        found.take(event)
    return found


def test_a_running_reply_is_doubted_unless_it_is_known_to_run_here():
    tab = after(SNAPSHOT)
    assert [tab.doubtful(set()), tab.doubtful({"a"}), tab.doubtful({"b"})] == [True, False, True]


@pytest.mark.parametrize(
    ("event", "doubtful"),
    [
        ({"type": "turn.created", "messages": [MESSAGE]}, True),
        ({"type": "reply.resumed", "message_id": "a"}, True),
        ({"type": "reply.waiting", "message_id": "a"}, True),
        ({"type": "reply.delta", "message_id": "a"}, True),
        ({"type": "feedback.saved", "message_id": "a"}, False),
    ],
)
def test_what_runs_is_known_from_many_events(event: dict[str, Any], doubtful: bool):
    assert after(event).doubtful(set()) is doubtful


def test_the_end_and_a_snapshot_without_it_leave_no_doubt():
    assert not after(SNAPSHOT, {"type": "reply.done", "message_id": "a"}).doubtful(set())
    assert not after(SNAPSHOT, {"type": "snapshot", "messages": []}).doubtful(set())


def test_news_keep_doubt_away(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(following, "SILENCE_S", 3600.0)
    assert not after(SNAPSHOT).doubtful(set())


def test_a_state_that_could_not_be_read_is_doubted_until_it_is():
    tab = after()
    tab.mistrust()
    assert tab.doubtful(set())
    tab.take({"type": "snapshot", "messages": []})
    assert not tab.doubtful(set())
