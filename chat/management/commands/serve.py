"""`manage.py serve`: the whole site in one process.

It lives in this room, not in inference/ as the design drew it, because it needs Daphne, the tables and the
running replies, none of which the library may know.
"""

from __future__ import annotations

import asyncio
import errno
import io
import logging
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

from channels.routing import get_default_application
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import override

import inference
from chat import draining, leases, server, startup
from chat.assistants.models import Assistant
from chat.knowledge.models import Article
from inference import BackendState, InferenceError
from inference.management.terminal import LoadingProgress, ready_sentence, terminal_language

with suppress(ImportError):
    import fcntl

LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1", "[::1]"}
PAGES_FIRST_S = 0.3
POLL_S = 0.2


class Command(BaseCommand):
    """Prepare the database, answer pages at once, load the model behind them, end without losing a word."""

    help = "Run the site: pages at once, the model as soon as it is loaded."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: this machine only)")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        self.language = terminal_language()
        with override(self.language):
            host, port = options["host"], options["port"]
            self._refuse_unsafe(host)
            listener = _open_port(host, port)
            lock = _lock_database()
            self._prepare_database(options["verbosity"])
            self._welcome(host, listener.getsockname()[1])
        server.SiteServer(get_default_application(), listener, self._alongside, draining.drain).run()
        self._leave(lock)

    def _refuse_unsafe(self, host: str) -> None:
        if host in LOCAL_HOSTS:
            return
        if settings.DEBUG:
            raise CommandError(
                _("DEBUG shows the site's insides to everybody: turn DJANGO_DEBUG off, or use localhost.")
            )
        if set(settings.ALLOWED_HOSTS) <= LOCAL_HOSTS:
            self.stderr.write(
                _("Only requests for localhost will be answered. Put this site's names into DJANGO_ALLOWED_HOSTS.")
            )

    def _prepare_database(self, verbosity: int) -> None:
        with startup.one_at_a_time():
            self._refuse_company()
            self._migrate(verbosity)
            if settings.PROCESSES == 1:
                self._interrupt_orphans()
            leases.register()
        connection.close()

    def _refuse_company(self) -> None:
        """One that thinks that it is alone would declare the other's running answers dead. SQLite has its own lock."""
        if settings.PROCESSES == 1 and connection.vendor != "sqlite" and startup.somebody_serves():
            raise CommandError(
                _(
                    "Another process serves this database already. "
                    "Set DUOLOGUE_PROCESSES to how many of them there shall be, for each of them, or stop that one."
                )
            )

    def _migrate(self, verbosity: int) -> None:
        call_command("migrate", interactive=False, verbosity=max(0, verbosity - 1))
        if not Article.objects.exists() and "load_knowledge" in get_commands():
            self.stdout.write(_("Loading the sample knowledge base."))
            call_command("load_knowledge", verbosity=max(0, verbosity - 1))
        if not Assistant.objects.exists():
            call_command("load_assistants", stdout=io.StringIO())

    def _interrupt_orphans(self) -> None:
        interrupted = leases.interrupt_orphans()
        if interrupted:
            self.stdout.write(_("Answers that broke off when the site last ended: %(count)d.") % {"count": interrupted})

    def _welcome(self, host: str, port: int) -> None:
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
        self.stdout.write(self.style.SUCCESS(_("Duologue is at %(url)s") % {"url": f"http://{shown}:{port}/"}))
        if not get_user_model().objects.filter(is_superuser=True).exists():
            self.stdout.write(_("There is no admin yet. Make one with: python manage.py createsuperuser"))
        self.stdout.write(_("Stop with Ctrl-C."))
        self.stdout.flush()
        connection.close()

    async def _alongside(self) -> None:
        await startup.enter()
        await self._start_model()

    async def _start_model(self) -> None:
        """Load the model behind the pages, and tell the operator how far it is."""
        await asyncio.sleep(PAGES_FIRST_S)
        progress = LoadingProgress(self.stdout)
        try:
            backend = inference.get_backend()
            backend.start()
            while (status := backend.status()).state is BackendState.STARTING:
                with override(self.language):
                    progress.show(status)
                await asyncio.sleep(POLL_S)
        except InferenceError as error:
            self._say_failed(str(error))
            return
        finally:
            progress.close()
        if status.state is BackendState.FAILED:
            self._say_failed(status.detail)
            return
        with override(self.language):
            self.stdout.write(self.style.SUCCESS(ready_sentence(backend.describe())))
            self.stdout.flush()

    def _say_failed(self, reason: str) -> None:
        with override(self.language):
            self.stderr.write(
                _("The model could not be started; the pages work without it. %(reason)s") % {"reason": reason}
            )

    def _leave(self, lock: Any) -> None:
        with override(self.language):
            self.stdout.write(_("Stopped."))
        self.stdout.flush()
        logging.shutdown()
        # The model's thread may be deep inside an import or a computation, which the interpreter's own end
        # would wait for, or crash into. Everything that has to be kept is stored by now.
        os._exit(0)


def _open_port(host: str, port: int) -> socket.socket:
    try:
        return server.open_port(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CommandError(
                _("Port %(port)d is taken by another program. Choose another one with --port.") % {"port": port}
            ) from None
        raise CommandError(
            _("This address cannot be listened on: %(host)s, port %(port)d.") % {"host": host, "port": port}
        ) from None
    except OverflowError:
        raise CommandError(_("A port is a number from 0 to 65535.")) from None


def _lock_database() -> Any:
    """Held while the site runs on SQLite: a second one would declare the first one's running answers dead."""
    database = settings.DATABASES["default"]
    if database["ENGINE"] != "django.db.backends.sqlite3" or "fcntl" not in globals():
        return None
    path = Path(f"{database['NAME']}.serve-lock")
    try:
        lock = path.open("w")
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CommandError(_("This database is served already. Stop that site first, or set DATABASE_URL.")) from None
    except OSError:
        raise CommandError(
            _("The folder of the database cannot be written: %(folder)s.") % {"folder": path.parent}
        ) from None
    return lock
