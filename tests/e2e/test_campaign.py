"""Random faults on a running site of two processes: nothing shown is lost, nothing doubled, every answer ends.

The long round: python -m pytest tests/e2e/test_campaign.py -m campaign -s
"""

from __future__ import annotations

import random
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.cluster import Cluster, running_cluster
from tests.e2e.test_serve import whole_answer
from tests.e2e.visiting import Tab

FAULTS = ("kill", "drain", "pause", "redis", "postgres", "stop")


class Round:
    """One question with a tab at each process, and one fault in the middle of its answer."""

    def __init__(self, cluster: Cluster, dice: random.Random) -> None:
        self.cluster, self.dice = cluster, dice
        self.visitors = cluster.visitors()
        self.conversation = self.visitors[0].create()
        self.tabs = [visitor.open(self.conversation) for visitor in self.visitors]
        self.asker, self.reader = dice.sample([0, 1], 2)

    def play(self, fault: str) -> str:
        """Ask, break something, look; how the answer ended before anybody continued it."""
        for tab in self.tabs:
            tab.until("snapshot")
        self.tabs[self.asker].ask("Tell me a lot")
        self.reply = str(self.tabs[self.asker].until("turn.created")["messages"][-1]["id"])
        for tab in self.tabs:
            while self.reply not in tab.statuses:
                tab.next()
            tab.until_pieces(self.reply, self.dice.randint(0, 6))
        self._break(fault)
        status = self._read_to_the_end(fault)
        self._compare(status)
        for tab in self.tabs:
            tab.close()
        return status

    def _break(self, fault: str) -> None:
        member = self.cluster.members[self.asker]
        breaks: dict[str, Callable[[], object]] = {
            "kill": member.end,
            "drain": lambda: member.end(signal.SIGTERM),
            "pause": lambda: member.signal(signal.SIGSTOP),
            "redis": self.cluster.redis.restart,
            "postgres": self.cluster.postgres.restart,
            "stop": lambda: self.tabs[self.reader].send("reply.stop", message_id=self.reply),
        }
        breaks[fault]()

    def _read_to_the_end(self, fault: str) -> str:
        member, tab = self.cluster.members[self.asker], self.tabs[self.asker]
        self.tabs[self.reader].until_done(self.reply)
        if fault == "pause":
            member.signal(signal.SIGCONT)
        if fault in ("kill", "drain"):
            tab.drain()
            member.start()
        else:
            tab.until_done(self.reply)
        return self.tabs[self.reader].statuses[self.reply]

    def _compare(self, status: str) -> None:
        fresh = self.visitors[self.dice.randint(0, 1)].open(self.conversation)
        fresh.until("snapshot")
        stored = str(self.cluster.row("content", self.reply))
        assert (fresh.statuses[self.reply], self.cluster.status(self.reply)) == (status, status)
        assert whole_answer().startswith(stored)
        assert stored == whole_answer() or status != "complete"
        for tab in self.tabs:
            assert stored.startswith(tab.texts[self.reply])
        if status != "complete":
            go_on(fresh, self.reply)
        assert (fresh.texts[self.reply], fresh.statuses[self.reply]) == (whole_answer(), "complete")
        fresh.close()


def go_on(tab: Tab, reply: str) -> None:
    """Have a reply go on that broke off, and read it to its end."""
    tab.send("reply.continue", message_id=reply)
    tab.until("reply.resumed")
    tab.statuses[reply] = "streaming"
    tab.until_done(reply)


def play(cluster: Cluster, rounds: int, seed: int) -> Counter[str]:
    """So many rounds, the faults in turn; how often an answer with which fault ended how."""
    dice = random.Random(seed)
    found: Counter[str] = Counter()
    for number in range(rounds):
        fault = FAULTS[number % len(FAULTS)]
        found[f"{fault}: {Round(cluster, dice).play(fault)}"] += 1
    assert cluster.postgres.execute("SELECT count(*) FROM chat_message WHERE status = 'streaming'") == [(0,)]
    return found


@pytest.mark.campaign
def test_three_hundred_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with running_cluster(tmp_path, DUOLOGUE_DRAIN_S="0") as cluster:
        found = play(cluster, 300, seed=5)
    with capsys.disabled():
        print("\n300 faults, 0 words lost, 0 doubled:", dict(sorted(found.items())))
