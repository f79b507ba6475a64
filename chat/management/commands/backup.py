"""`manage.py backup FILE`: a copy of the SQLite database while the site goes on."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import override

from inference.management.terminal import terminal_language


class Command(BaseCommand):
    """Copies one moment by SQLite's own backup, beside which a site in WAL mode goes on writing."""

    help = "Copy the SQLite database to FILE while the site runs. (PostgreSQL: use pg_dump.)"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the copy; it must not exist yet")

    def handle(self, *args: Any, **options: Any) -> None:
        with override(terminal_language()):
            if connection.vendor != "sqlite":
                raise CommandError(_("This database is not SQLite. Use its own program, such as pg_dump."))
            source, target = Path(str(connection.settings_dict["NAME"])), options["file"]
            if not source.is_file():
                raise CommandError(_("There is no database at %(path)s yet.") % {"path": source})
            try:
                pages = copy_database(source, target)
            except FileExistsError:
                raise CommandError(_("%(path)s exists already. Choose another name.") % {"path": target}) from None
            except (OSError, sqlite3.Error) as error:
                raise CommandError(_("The copy could not be made: %(reason)s") % {"reason": error}) from None
            self.stdout.write(_("%(path)s: %(pages)d pages, complete.") % {"path": target, "pages": pages})


def copy_database(source: Path, target: Path) -> int:
    """Copy under another name, look whether the copy is whole, then give it its own; how many pages it has.

    Raises FileExistsError, OSError or sqlite3.Error; what was begun is then gone again.
    """
    if target.exists():
        raise FileExistsError(target)
    part = target.with_name(f"{target.name}.part")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))  # it holds what people wrote
        pages = _fill(source, part)
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
    return pages


def _fill(source: Path, part: Path) -> int:
    with closing(sqlite3.connect(source, timeout=20)) as live, closing(sqlite3.connect(part)) as copy:
        live.backup(copy)  # in one step: with several, every write of the site would begin it anew
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a write-ahead log beside it
        found = copy.execute("PRAGMA integrity_check").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(found)
        return int(copy.execute("PRAGMA page_count").fetchone()[0])
