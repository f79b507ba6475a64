"""Backup while the site serves, and restore elsewhere, on both databases: every row is there, and the site starts."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import stat
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from chat.management.commands.backup import copy_database
from tests.e2e.serving import Site
from tests.e2e.visiting import Tab, Visitor
from tests.servers import Postgres, running_postgres

Rows = list[tuple[Any, ...]]
# A running site writes these all by itself.
RESTLESS = {"chat_process", "sqlite_sequence"}


def digests(tables: list[str], read: Callable[[str], Rows]) -> dict[str, tuple[int, str]]:
    """How many rows each table has, and a hash of them all."""
    found = {table: sorted(repr(row) for row in read(f'SELECT * FROM "{table}"')) for table in tables}
    return {table: (len(rows), hashlib.sha256("".join(rows).encode()).hexdigest()) for table, rows in found.items()}


def of_sqlite(path: Path) -> dict[str, tuple[int, str]]:
    with closing(sqlite3.connect(path, timeout=20)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return digests(sorted(set(names) - RESTLESS), lambda query: connection.execute(query).fetchall())


def of_postgres(url: str) -> dict[str, tuple[int, str]]:
    with psycopg.connect(url, autocommit=True) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        tables = sorted({str(name) for (name,) in names} - RESTLESS)
        return digests(tables, lambda query: connection.execute(query.encode()).fetchall())


def begin_answer(visitor: Visitor, conversation: str) -> tuple[Tab, str]:
    """A tab whose answer has begun, and the reply."""
    tab = visitor.open(conversation)
    tab.ask("Tell me a lot")
    reply = str(tab.until("turn.created")["messages"][-1]["id"])
    tab.until_pieces(reply, 3)
    return tab, reply


def sqlite_site(folder: Path) -> Site:
    folder.mkdir(exist_ok=True)
    return Site(folder, DATABASE_URL=f"sqlite:///{folder / 'db.sqlite3'}")


def test_sqlite_is_copied_in_the_middle_of_an_answer_and_goes_on_elsewhere(tmp_path: Path) -> None:
    copy, later = tmp_path / "copy.sqlite3", tmp_path / "later.sqlite3"
    with sqlite_site(tmp_path / "here") as site:
        site.start()
        visitor = Visitor(site.url)
        conversation = visitor.create()
        tab, reply = begin_answer(visitor, conversation)
        shown = tab.texts[reply]
        copy_database(tmp_path / "here" / "db.sqlite3", copy)  # what the command does, without its start
        tab.until_done(reply)
        tab.close()
        assert tab.statuses[reply] == "complete"
        assert site.manage("backup", str(later)).wait(60) == 0
        assert site.log.read_text().endswith("pages, complete.\n")
        assert of_sqlite(later) == of_sqlite(tmp_path / "here" / "db.sqlite3")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with sqlite_site(tmp_path / "there") as site:
        shutil.copy(copy, tmp_path / "there" / "db.sqlite3")
        # The secret key signs the cookies: it belongs to the backup.
        shutil.copy(tmp_path / "here" / "secret_key", tmp_path / "there" / "secret_key")
        site.start()
        visitor.url = site.url
        tab = visitor.open(conversation)
        tab.until("snapshot")
        tab.close()
    assert (tab.statuses[reply], tab.texts[reply].startswith(shown)) == ("interrupted", True)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A database."""
    with closing(sqlite3.connect(tmp_path / "small")) as connection:
        connection.execute("CREATE TABLE a (b)")
    return tmp_path / "small"


def test_a_file_that_is_there_is_left_alone(small: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy"
    target.write_text("precious")
    with pytest.raises(FileExistsError):
        copy_database(small, target)
    assert target.read_text() == "precious"


@pytest.mark.parametrize("content", ["not a database, but long enough to be looked at as if it were one", None])
def test_a_copy_that_is_not_whole_is_none(small: Path, tmp_path: Path, content: str | None) -> None:
    if content is None:
        small = tmp_path / "no-such-folder" / "small"
    else:
        small.write_text(content)
    with pytest.raises(sqlite3.Error):
        copy_database(small, tmp_path / "copy")
    assert not list(tmp_path.glob("copy*"))


def postgres_tool(server: Postgres, program: str, *arguments: str) -> None:
    """One of PostgreSQL's own programs, as the README calls it."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1] / program
    environment = {**os.environ, "PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGUSER": "duologue"}
    subprocess.run([found, *arguments], env=environment, check=True, timeout=120)


@pytest.fixture(scope="module")
def server() -> Any:
    with running_postgres() as server:
        yield server


def test_postgresql_is_dumped_while_it_serves_and_restored_under_another_name(server: Postgres, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
    with Site(here, DATABASE_URL=server.url) as site:
        site.start()
        visitor = Visitor(site.url)
        conversation = visitor.create()
        tab, reply = begin_answer(visitor, conversation)
        tab.until_done(reply)
        tab.close()
        postgres_tool(server, "pg_dump", "-Fc", "-f", str(tmp_path / "dump"), "duologue")
        before = of_postgres(server.url)
    postgres_tool(server, "createdb", "restored")
    postgres_tool(server, "pg_restore", "--no-owner", "--exit-on-error", "-d", "restored", str(tmp_path / "dump"))
    assert of_postgres(server.url_of("restored")) == before
    assert before["chat_message"][0] == 2
    shutil.copy(here / "secret_key", there / "secret_key")
    with Site(there, DATABASE_URL=server.url_of("restored")) as site:
        site.start()
        visitor.url = site.url
        again = visitor.open(conversation)
        again.until("snapshot")
        again.close()
    assert (again.texts[reply], again.statuses[reply]) == (tab.texts[reply], "complete")
