"""The command that runs the site: what it prints, what it refuses, and how it ends."""

from __future__ import annotations

import http.client
import signal
import socket
from pathlib import Path

import pytest

from tests.databases import PostgresDatabase, SqliteFile
from tests.e2e.conftest import needs_embedded
from tests.e2e.serving import Site
from tests.e2e.visiting import Visitor


def wait_for_line(site: Site, *commands: str) -> tuple[int, str]:
    """Run a command to its end; its exit status and last line."""
    status = site.manage(*commands).wait(120)
    return status, site.log.read_text().strip().splitlines()[-1]


def test_it_says_where_it_is_and_how_to_make_the_first_admin(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.start()
    log = site.log.read_text()
    assert f"Duologue is at {site.url}/" in log
    assert "python manage.py createsuperuser" in log
    assert site.rows("SELECT count(*) FROM knowledge_article") == [(77,)]
    with capsys.disabled():
        print(f"\nserve: first page after {site.first_page_s:.1f} s")


def test_a_taken_port_is_one_clear_sentence_and_touches_nothing(site: Site) -> None:
    with socket.create_server(("127.0.0.1", site.port)):
        status, line = wait_for_line(site, "serve", "--port", str(site.port))
    assert status == 1
    assert line == f"CommandError: Port {site.port} is taken by another program. Choose another one with --port."
    assert not site.database.exists()


def test_a_second_site_on_the_same_database_is_refused(site: Site) -> None:
    site.start()
    status, line = wait_for_line(site, "serve", "--port", "0")
    assert status == 1
    said = {
        SqliteFile: "CommandError: This database is served already. Stop that site first, or set DATABASE_URL.",
        PostgresDatabase: "CommandError: Another process serves this database already.",
    }
    assert line.startswith(said[type(site.database)])


@pytest.mark.parametrize(
    ("environment", "options", "reason"),
    [
        ({"DJANGO_ALLOWED_HOSTS": "*"}, (), "duologue.E003"),
        ({"DJANGO_TRUSTED_ORIGINS": "https://*.example.com"}, (), "duologue.E004"),
        ({"DJANGO_DEBUG": "1", "DJANGO_ALLOWED_HOSTS": "chat.example.com"}, (), "duologue.E005"),
        ({"DUOLOGUE_PROCESSES": "2"}, (), "duologue.E002"),
        ({"DJANGO_DEBUG": "1"}, ("--host", "0.0.0.0"), "turn DJANGO_DEBUG off"),
        ({}, ("--port", "99999"), "A port is a number from 0 to 65535."),
        ({}, ("--host", "203.0.113.1"), "This address cannot be listened on: 203.0.113.1"),
    ],
)
def test_unsafe_or_impossible_combinations_are_refused(
    tmp_path: Path, environment: dict[str, str], options: tuple[str, ...], reason: str
) -> None:
    site = Site(tmp_path, **environment)
    assert site.manage("serve", "--port", str(site.port), *options).wait(120) == 1
    assert reason in site.log.read_text()
    assert "Traceback" not in site.log.read_text()
    assert not site.database.exists()


@pytest.mark.parametrize(
    ("number", "patience_s", "end"), [(signal.SIGTERM, 0, "interrupted"), (signal.SIGINT, 30, "complete")]
)
def test_a_stop_tells_everybody_and_keeps_every_word(
    tmp_path: Path, number: signal.Signals, patience_s: int, end: str
) -> None:
    site = Site(tmp_path, DUOLOGUE_DRAIN_S=str(patience_s)).start()
    visitor = Visitor(site.url)
    conversation = visitor.create()
    tab = visitor.open(conversation)
    tab.ask("Tell me a lot")
    reply = str(tab.until("turn.created")["messages"][-1]["id"])
    tab.until_pieces(reply, 2)
    assert site.end(number) == 0
    assert tab.drain() == 4001
    tab.close()
    [(stored, status)] = site.rows(
        "SELECT content, status FROM chat_message WHERE public_id = ?", reply.replace("-", "")
    )
    assert (stored, status) == (tab.texts[reply], end)
    assert tab.statuses[reply] == end
    assert site.log.read_text().strip().splitlines()[-1] == "Stopped."


def test_a_restart_goes_on_where_the_last_process_stopped(site: Site) -> None:
    site.start()
    visitor = Visitor(site.url)
    conversation = visitor.create()
    tab = visitor.open(conversation)
    tab.ask("Tell me a lot")
    reply = str(tab.until("turn.created")["messages"][-1]["id"])
    tab.until_pieces(reply, 2)
    site.end()
    tab.drain()
    tab.close()
    site.start()
    tab = visitor.open(conversation)
    tab.until("snapshot")
    assert tab.statuses[reply] == "interrupted"
    tab.send("reply.continue", message_id=reply)
    tab.until("reply.resumed")
    tab.statuses[reply] = "streaming"
    tab.until_done(reply)
    tab.close()
    assert (tab.texts[reply], tab.statuses[reply]) == (whole_answer(), "complete")


def whole_answer() -> str:
    """What the scripted model says if nobody stops it."""
    from tests.e2e.words import all_words

    return "".join(all_words())


def test_a_body_that_would_fill_the_memory_is_refused_before_it_is_read(site: Site) -> None:
    site.start()
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
    connection.putrequest("POST", "/c/")
    connection.putheader("Content-Length", str(10**9))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_a_client_cannot_move_the_site_by_a_header(site: Site) -> None:
    site.start()
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
    connection.request("GET", "/accounts/login/", headers={"Daphne-Root-Path": "/evil"})
    body = connection.getresponse().read().decode()
    connection.close()
    assert "/accounts/signup/" in body
    assert "/evil" not in body


@needs_embedded
def test_the_first_answer_comes_from_the_embedded_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Site(tmp_path, settings="chatsite.settings") as site:
        site.start()
        visitor = Visitor(site.url)
        tab = visitor.open(visitor.create())
        tab.ask("I ordered a card but it has not arrived. Help please!")
        reply = str(tab.until("turn.created")["messages"][-1]["id"])
        tab.until_done(reply)
        tab.close()
        rows = site.rows("SELECT checkpoint, length(checkpoint_sha256), completion_tokens > 0 FROM chat_generation")
        memory = resident_mb(site)
    assert tab.statuses[reply] == "complete"
    assert len(tab.texts[reply]) > 40
    assert rows == [("embedded", 64, 1)]
    assert memory < 800
    with capsys.disabled():
        print(f"\nserve with the embedded model: {memory:.0f} MB; first page after {site.first_page_s:.1f} s")


@needs_embedded
def test_a_stop_while_the_model_loads_keeps_the_question(tmp_path: Path) -> None:
    with Site(tmp_path, settings="chatsite.settings", DUOLOGUE_DRAIN_S="0") as site:
        site.start()
        visitor = Visitor(site.url)
        tab = visitor.open(visitor.create())
        tab.ask("Where is my card?")
        tab.until("turn.created")
        assert site.end(signal.SIGTERM) == 0
        tab.drain()
        tab.close()
        rows = site.rows("SELECT role, status FROM chat_message ORDER BY id")
    assert rows == [("user", "complete"), ("assistant", "interrupted")]


def resident_mb(site: Site) -> float:
    """The memory of the serving process."""
    import psutil

    assert site.process is not None
    return float(psutil.Process(site.process.pid).memory_info().rss / 2**20)
