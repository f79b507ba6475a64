"""kill -9 at a random word: what was shown is stored, the reply says that it was cut short, nothing is there twice."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from inference.checkpoints import EMBEDDED_PATH
from tests.e2e.serving import Site
from tests.e2e.visiting import Tab, Visitor

QUESTIONS = (
    "What should I do if my card was swallowed by the machine?",
    "Why was my transfer declined?",
    "我的卡丢了，怎么办？",
    "How do I top up, and is there a limit? 🤔",
)


class Round:
    """A question, a kill somewhere in its answer, and what the next process makes of it."""

    def __init__(self, site: Site, visitor: Visitor, dice: random.Random) -> None:
        self.site, self.visitor, self.dice = site, visitor, dice
        self.conversation = visitor.create()
        self.question = dice.choice(QUESTIONS)

    def play(self) -> str:
        """Ask, kill, look; the state in which the reply was found."""
        tab = self.visitor.open(self.conversation)
        tab.until("snapshot")
        client_id = tab.ask(self.question)
        reply = self._reply_of(tab)
        tab.until_pieces(reply, self.dice.randint(0, 9))
        self.site.end()
        tab.drain()
        tab.close()
        self._compare(tab, reply)
        self.site.start()
        return self._ask_again(tab, reply, client_id)

    def _reply_of(self, tab: Tab) -> str:
        created = tab.until("turn.created")
        return str(created["messages"][-1]["id"])

    def _compare(self, tab: Tab, reply: str) -> None:
        """Before anything is restarted: the file holds every word that was shown."""
        [(stored,)] = self.site.rows("SELECT content FROM chat_message WHERE public_id = ?", reply.replace("-", ""))
        assert stored.startswith(tab.texts.get(reply, ""))
        assert self.site.database.damage() == []

    def _ask_again(self, before: Tab, reply: str, client_id: str) -> str:
        tab = self.visitor.open(self.conversation)
        tab.until("snapshot")
        status = tab.statuses[reply]
        assert status == "complete" if before.statuses[reply] == "complete" else status in ("interrupted", "complete")
        assert tab.texts[reply].startswith(before.texts[reply])
        tab.ask(self.question, client_id)
        assert self._reply_of(tab) == reply
        tab.close()
        key = self.conversation.replace("-", "")
        query = (
            "SELECT role FROM chat_message m JOIN chat_conversation c ON c.id = m.conversation_id WHERE c.public_id = ?"
        )
        assert sorted(self.site.rows(query, key)) == [("assistant",), ("user",)]
        return status


def play(site: Site, rounds: int, seed: int) -> dict[str, int]:
    """So many rounds; how often the reply was found in which state."""
    dice = random.Random(seed)
    site.start()
    visitor = Visitor(site.url)
    found: dict[str, int] = {}
    for _ in range(rounds):
        status = Round(site, visitor, dice).play()
        found[status] = found.get(status, 0) + 1
    return found


def test_no_shown_word_is_lost_and_nothing_is_doubled(site: Site) -> None:
    assert play(site, 5, seed=1).get("interrupted", 0) >= 1


@pytest.mark.campaign
def test_a_hundred_kills(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    found = play(site, 100, seed=2)
    with capsys.disabled():
        print(f"\n100 kills: {found}, 0 words lost, 0 duplicates")


@pytest.mark.campaign
@pytest.mark.skipif(not EMBEDDED_PATH.is_dir(), reason="the embedded checkpoint is not here")
def test_a_hundred_kills_of_the_embedded_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Site(tmp_path, settings="chatsite.settings") as site:
        found = play(site, 100, seed=3)
    with capsys.disabled():
        print(f"\n100 kills with the embedded model: {found}, 0 words lost, 0 duplicates")


def test_the_database_survives_a_kill_while_it_is_written(site: Site) -> None:
    site.start()
    visitor = Visitor(site.url)
    tabs = [visitor.open(visitor.create()) for _ in range(4)]
    replies = []
    for tab in tabs:
        tab.ask("Tell me a lot")
        replies.append(str(tab.until("turn.created")["messages"][-1]["id"]))
    for tab, reply in zip(tabs, replies, strict=True):
        tab.until_pieces(reply, 2)
    site.end()
    for tab in tabs:
        tab.drain()
        tab.close()
    assert site.database.damage() == []
