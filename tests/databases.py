"""An empty database for each site that a test serves, of the kind that the suite runs on: SQLite or PostgreSQL."""

from __future__ import annotations

import os
import sqlite3
import uuid
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

Rows = list[tuple[Any, ...]]


class SqliteFile:
    """A file in the site's folder; it goes when the folder goes."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "db.sqlite3"
        self.url = f"sqlite:///{self.path}"

    def rows(self, query: str, *values: Any) -> Rows:
        """What it holds, read from outside."""
        with closing(sqlite3.connect(self.path, timeout=20)) as connection:
            return connection.execute(query, values).fetchall()

    def write(self, statement: str, *values: Any) -> None:
        """Change what it holds, from outside."""
        with closing(sqlite3.connect(self.path, timeout=20)) as connection, connection:
            connection.execute(statement, values)

    def exists(self) -> bool:
        """Whether anything has written to it yet."""
        return self.path.exists()

    def damage(self) -> Rows:
        """What a killed process broke in the file; nothing, if all is well."""
        return [row for row in self.rows("PRAGMA integrity_check") if row != ("ok",)] + self.rows(
            "PRAGMA foreign_key_check"
        )

    def drop(self) -> None:
        """Left to pytest, which looks after temporary folders."""


class PostgresDatabase:
    """A database of its own on the suite's server."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._name = f"site_{uuid.uuid4().hex}"
        self.url = urlsplit(server)._replace(path=f"/{self._name}").geturl()
        self._on_server(f"CREATE DATABASE {self._name}")

    def rows(self, query: str, *values: Any) -> Rows:
        """What it holds, read from outside."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(query.replace("?", "%s").encode(), values).fetchall()

    def write(self, statement: str, *values: Any) -> None:
        """Change what it holds, from outside."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.replace("?", "%s").encode(), values)

    def damage(self) -> Rows:
        """Nothing: its files are the server's own, which is not killed with the site."""
        return []

    def exists(self) -> bool:
        """Whether anything has written to it yet."""
        return self.rows("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") != [(0,)]

    def drop(self) -> None:
        """Gone, whoever is still connected."""
        self._on_server(f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)")

    def _on_server(self, command: str) -> None:
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(command.encode())


Database = SqliteFile | PostgresDatabase


def empty_database(folder: Path) -> Database:
    """A new one for a site that lives in this folder."""
    server = os.environ.get("DATABASE_URL", "")
    return PostgresDatabase(server) if server.startswith("postgres") else SqliteFile(folder)
