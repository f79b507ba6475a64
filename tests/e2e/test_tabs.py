"""Two tabs of one visitor and a stranger: the tabs end with what the database holds, the stranger with nothing."""

from __future__ import annotations

import random
import urllib.error

import pytest

from tests.e2e.serving import Site
from tests.e2e.visiting import Tab, Visitor

NOT_FOUND = 4404


def play(site: Site, rounds: int, seed: int) -> dict[str, int]:
    """So many questions; how often the answer ended in which state."""
    dice = random.Random(seed)
    site.start()
    visitor, stranger = Visitor(site.url), Visitor(site.url)
    found: dict[str, int] = {}
    for _ in range(rounds):
        status = one_round(site, visitor, stranger, dice)
        found[status] = found.get(status, 0) + 1
    return found


def one_round(site: Site, visitor: Visitor, stranger: Visitor, dice: random.Random) -> str:
    """One tab asks, another joins at a random word, either may stop, the stranger knows the address."""
    conversation = visitor.create()
    own = stranger.open(stranger.create())
    own.until("snapshot")
    first = visitor.open(conversation)
    first.until("snapshot")
    first.ask("Tell me a lot, please")
    reply = str(first.until("turn.created")["messages"][-1]["id"])
    first.until_pieces(reply, dice.randint(0, 6))
    second = visitor.open(conversation)
    second.until("snapshot")
    listens_in(stranger, conversation, reply)
    if dice.random() < 0.5:
        second.until_pieces(reply, dice.randint(0, 6))
        dice.choice((first, second)).send("reply.stop", message_id=reply)
    for tab in (first, second):
        tab.until_done(reply)
    status = compare(site, reply, first, second)
    own.send("sync")
    assert own.until("snapshot")["messages"] == []
    assert {event["type"] for event in own.events} <= {"snapshot", "model.status"}
    for tab in (first, second, own):
        tab.close()
    return status


def listens_in(stranger: Visitor, conversation: str, reply: str) -> None:
    """Whatever the stranger tries looks like a conversation that does not exist."""
    tab = stranger.open(conversation)
    assert tab.drain() == NOT_FOUND
    assert [event["type"] for event in tab.events if event["type"] != "error"] == []
    for path in (f"/c/{conversation}/", f"/c/{conversation}/poll/?message={reply}&seq=0"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            stranger.get(path)
        assert refused.value.code == 404
        refused.value.close()
    with pytest.raises(urllib.error.HTTPError) as refused:
        stranger.post(f"/c/{conversation}/command/", {"type": "reply.stop", "message_id": reply})
    assert refused.value.code == 404
    refused.value.close()
    tab.close()


def compare(site: Site, reply: str, *tabs: Tab) -> str:
    """Both tabs show what is stored; the state in which it ended."""
    query = "SELECT content, status FROM chat_message WHERE public_id = ?"
    [(stored, status)] = site.rows(query, reply.replace("-", ""))
    assert [(tab.texts[reply], tab.statuses[reply]) for tab in tabs] == [(stored, status)] * len(tabs)
    return str(status)


def test_tabs_agree_and_a_stranger_learns_nothing(site: Site) -> None:
    assert sum(play(site, 3, seed=1).values()) == 3


@pytest.mark.campaign
def test_a_hundred_rounds(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    found = play(site, 100, seed=2)
    with capsys.disabled():
        print(f"\n100 rounds of two tabs and a stranger: {found}, 0 differences, 0 leaks")
