"""Two processes, one site: what one writes the other shows, stops and takes over, whoever of them dies."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.cluster import Cluster, Member, running_cluster, until
from tests.e2e.test_campaign import FAULTS, go_on, play
from tests.e2e.test_serve import wait_for_line, whole_answer

QUESTION = "Tell me a lot"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with running_cluster(tmp_path_factory.mktemp("cluster"), DUOLOGUE_DRAIN_S="0", E2E_EVERY_S="0.03") as cluster:
        yield cluster


class Pair:
    """One visitor's tabs on the same conversation at both processes."""

    def __init__(self, cluster: Cluster) -> None:
        self.visitor_here, self.visitor_there = cluster.visitors()
        self.conversation = self.visitor_here.create()
        self.here = self.visitor_here.open(self.conversation)
        self.there = self.visitor_there.open(self.conversation)
        self.here.until("snapshot")
        self.there.until("snapshot")

    def ask(self, text: str = QUESTION) -> str:
        """Ask here; the reply's id, which both know then."""
        self.here.ask(text)
        reply = str(self.here.until("turn.created")["messages"][-1]["id"])
        while reply not in self.there.statuses:
            self.there.next()
        return reply

    def ask_and_read(self, pieces: int = 3) -> str:
        """Ask here, and wait until both have read so much of the reply."""
        reply = self.ask()
        for tab in (self.here, self.there):
            tab.until_pieces(reply, pieces)
        return reply

    def close(self) -> None:
        """Close both tabs."""
        self.here.close()
        self.there.close()


@pytest.fixture
def pair(cluster: Cluster) -> Iterator[Pair]:
    pair = Pair(cluster)
    yield pair
    pair.close()


def test_the_two_that_start_together_prepare_the_database_once(cluster: Cluster):
    assert cluster.postgres.execute("SELECT count(*) FROM knowledge_article") == [(77,)]
    assert cluster.postgres.execute("SELECT count(*) FROM chat_process WHERE NOT draining") == [(2,)]


def test_both_show_every_word(cluster: Cluster, pair: Pair):
    reply = pair.ask_and_read()
    for tab in (pair.here, pair.there):
        tab.until_done(reply)
        assert (tab.texts[reply], tab.statuses[reply]) == (whole_answer(), "complete")


def test_a_reply_without_a_word_waits_and_is_stopped_everywhere(cluster: Cluster, pair: Pair):
    reply = pair.ask("queue")
    assert pair.there.until("reply.waiting")["position"] == 3  # as often as the engine says so
    pair.there.send("reply.stop", message_id=reply)
    for tab in (pair.here, pair.there):
        tab.until_done(reply)
        assert tab.statuses[reply] == "stopped"
    figure = "SELECT total_ms FROM chat_generation g JOIN chat_message m ON m.id = g.message_id WHERE m.public_id = %s"
    until(lambda: cluster.postgres.execute(figure, reply)[0][0])  # stored by the writer when its engine is free


def test_another_version_may_come_from_the_other_process(cluster: Cluster, pair: Pair):
    reply = pair.ask_and_read()
    pair.there.send("reply.stop", message_id=reply)
    pair.there.until_done(reply)
    pair.there.send("reply.regenerate", message_id=reply)
    other = str(pair.there.until("turn.created")["messages"][-1]["id"])
    assert cluster.writer(other) is cluster.there
    pair.here.until_done(other)
    assert (pair.here.texts[other], pair.here.statuses[other]) == (whole_answer(), "complete")


def test_the_same_message_at_both_is_one_turn(cluster: Cluster, pair: Pair):
    client_id = pair.here.ask(QUESTION)
    pair.there.ask(QUESTION, client_id)
    replies = {str(tab.until("turn.created")["messages"][-1]["id"]) for tab in (pair.here, pair.there)}
    assert len(replies) == 1
    for tab in (pair.here, pair.there):
        tab.until_done(*replies)
        assert tab.texts[next(iter(replies))] == whole_answer()


def test_what_a_killed_process_wrote_is_kept_and_goes_on_in_the_other(cluster: Cluster, pair: Pair):
    reply = pair.ask_and_read()
    cluster.here.end()
    pair.here.drain()
    pair.there.until_done(reply)
    assert pair.there.statuses[reply] == "interrupted"
    assert pair.there.texts[reply].startswith(pair.here.texts[reply])
    go_on(pair.there, reply)
    assert (pair.there.texts[reply], pair.there.statuses[reply]) == (whole_answer(), "complete")
    cluster.here.start()


def test_a_process_that_was_stopped_for_long_writes_no_more(cluster: Cluster, pair: Pair):
    reply = pair.ask_and_read()
    cluster.here.signal(signal.SIGSTOP)
    pair.there.until_done(reply)
    assert pair.there.statuses[reply] == "interrupted"
    pair.there.send("reply.continue", message_id=reply)
    pair.there.until("reply.resumed")
    cluster.here.signal(signal.SIGCONT)
    for tab in (pair.there, pair.here):
        while tab.statuses[reply] != "complete":
            tab.next()
    assert (cluster.row("content", reply), cluster.status(reply)) == (whole_answer(), "complete")
    assert pair.there.texts[reply] == pair.here.texts[reply] == whole_answer()


def test_without_redis_the_end_is_not_missed(cluster: Cluster, pair: Pair):
    reply = pair.ask_and_read()
    cluster.redis.stop()
    try:
        pair.there.until_done(reply)
    finally:
        cluster.redis.start()
    assert (pair.there.texts[reply], pair.there.statuses[reply]) == (whole_answer(), "complete")


def test_connections_are_few_and_none_waits_in_a_transaction(cluster: Cluster, pair: Pair):
    with ThreadPoolExecutor(20) as people:
        list(people.map(lambda _number: pair.visitor_here.get("/"), range(200)))
    count = "SELECT count(*), count(*) FILTER (WHERE state LIKE 'idle in%%') FROM pg_stat_activity WHERE datname = %s"
    [(connections, hanging)] = cluster.postgres.execute(count, "duologue")
    assert 2 <= connections <= 2 * 20 + 1
    assert hanging == 0


def test_a_rolling_restart_hands_on_what_runs(cluster: Cluster, pair: Pair):
    reply = pair.ask_and_read()
    assert cluster.here.end(signal.SIGTERM) == 0
    assert pair.here.drain() == 4001
    cluster.here.start()
    assert cluster.there.end(signal.SIGTERM) == 0
    assert pair.there.drain() == 4001
    cluster.there.start()
    tab = pair.visitor_there.open(pair.conversation)
    tab.until("snapshot")
    tab.until_done(reply)
    tab.close()
    assert (tab.texts[reply], tab.statuses[reply]) == (whole_answer(), "complete")
    for before in (pair.here, pair.there):
        assert whole_answer().startswith(before.texts[reply])
    assert cluster.postgres.execute("SELECT count(*) FROM chat_message WHERE status = 'streaming'") == [(0,)]


def test_one_that_thinks_it_is_alone_is_refused(cluster: Cluster, tmp_path: Path):
    alone = Member(tmp_path, DATABASE_URL=cluster.postgres.url, E2E_BEAT_S="0.2")
    status, line = wait_for_line(alone, "serve", "--port", str(alone.port))
    assert status == 1
    assert line == (
        "CommandError: Another process serves this database already. Set DUOLOGUE_PROCESSES to how many of them there "
        "shall be, for each of them, or stop that one."
    )


def test_one_fault_after_the_other(cluster: Cluster):
    assert sum(play(cluster, len(FAULTS), seed=4).values()) == len(FAULTS)
