"""`manage.py doctor`: is everything here that answers need? A plain sentence per part, and a remedy where it is not.

With --url it looks at a deployment as visitors meet it, through its proxy, from any machine.

It lives beside `serve`, because it looks at the tables and at Daphne as well as at the model.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import override

from chat import diagnosis, outside, self_visit, upstream_findings
from chat.diagnosis import safely
from chat.findings import Finding, State
from inference.management.terminal import LoadingProgress, terminal_language

MARKS = {State.OK: "✓", State.WARN: "!", State.FAIL: "✗"}


class Command(BaseCommand):
    """Looks at each part on its own; ends with status 1 when one does not work."""

    help = "Check the installation: libraries, model, database, channel layer, WebSocket, files, disk, memory."
    requires_system_checks: list[str] = []  # they are one of the findings

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--url", default="", help="look at a deployment from outside, such as https://chat.example.com"
        )
        parser.add_argument("--key", default="", help="with --url: a key for /v1, whose streams are then looked at too")

    def handle(self, *args: Any, **options: Any) -> None:
        found: list[Finding] = []
        with override(terminal_language()):
            for finding in self._findings(**options):
                found.append(finding)
                if not options["json"]:
                    self._print(finding)
            well = all(finding.state is not State.FAIL for finding in found)
            if options["json"]:
                shown = {"ok": well, "checks": [finding.as_json() for finding in found]}
                self.stdout.write(json.dumps(shown, ensure_ascii=False, indent=1, default=str))
            elif well:
                self.stdout.write(self.style.SUCCESS(_("Everything works.")))
        self._leave(0 if well else 1)

    def _findings(self, json: bool, url: str, key: str, **_options: Any) -> Iterator[Finding]:
        if not url:
            return self._look(quiet=json)
        if not url.startswith(("http://", "https://")):
            raise CommandError(_("An address begins with https:// or http://."))
        return outside.look(url, key)

    def _look(self, quiet: bool) -> Iterator[Finding]:
        progress = LoadingProgress(self.stdout)
        yield safely("configuration", diagnosis.configuration)
        yield safely("torch", diagnosis.libraries)
        yield safely("engine", diagnosis.engine)
        model = safely("model", diagnosis.model, lambda status: None if quiet else progress.show(status))
        progress.close()
        yield model
        if model.state is State.OK:
            yield safely("answer", diagnosis.answer)
        for name in upstream_findings.names():
            yield safely(f"upstream:{name}", upstream_findings.finding, name)
        yield safely("database", diagnosis.database)
        yield safely("knowledge", diagnosis.knowledge)
        yield safely("channel_layer", diagnosis.channel_layer)
        yield from self_visit.findings(self_visit.visit())
        yield safely("translations", diagnosis.translations)
        yield safely("disk", diagnosis.disk)
        yield safely("memory", diagnosis.memory)

    def _print(self, finding: Finding) -> None:
        style = {State.OK: self.style.SUCCESS, State.WARN: self.style.WARNING, State.FAIL: self.style.ERROR}
        self.stdout.write(style[finding.state](f"{MARKS[finding.state]} {finding.name}") + f"  {finding.detail}")
        if finding.remedy:
            self.stdout.write(f"    → {finding.remedy}")
        self.stdout.flush()

    def _leave(self, status: int) -> None:
        self.stdout.flush()
        logging.shutdown()
        # As in serve: the model's thread may be anywhere, and nothing is left to be stored.
        os._exit(status)
