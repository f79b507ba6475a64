"""`manage.py retain [--dry-run]`: delete conversations that are past their time, batch by batch."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from chat.privacy import retention
from chat.privacy.retention import Kind
from inference.management.terminal import terminal_language


class Command(BaseCommand):
    """Safe beside a running site, to be interrupted, and to be run again; meant for cron, once a day."""

    help = "Delete conversations older than DUOLOGUE_RETENTION_*_DAYS says (0: keep). Never what is under review."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count what is due")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        with override(terminal_language()):
            for kind in Kind:
                self._one(kind, now, options["dry_run"], options["verbosity"])

    def _one(self, kind: Kind, now: Any, dry_run: bool, verbosity: int) -> None:
        days = retention.days(kind)
        if not days:
            self.stdout.write(_("%(kind)s: kept for ever.") % {"kind": _name(kind)})
        elif dry_run:
            count = retention.due(kind, now).count()
            self.stdout.write(_due(count) % {"kind": _name(kind), "days": days, "count": count})
        else:
            self._delete(kind, now, days, verbosity)

    def _delete(self, kind: Kind, now: Any, days: int, verbosity: int) -> None:
        count = 0
        for gone in retention.retain(kind, now):
            count += gone
            if verbosity > 1:
                self.stdout.write(_("%(kind)s: %(count)d so far") % {"kind": _name(kind), "count": count})
        self.stdout.write(_deleted(count) % {"kind": _name(kind), "days": days, "count": count})


def _name(kind: Kind) -> str:
    return {
        Kind.DELETED: _("Deleted by their owners"),
        Kind.REVIEWED: _("With a review"),
        Kind.ACCOUNT: _("Of accounts"),
        Kind.VISITOR: _("Of visitors without an account"),
    }[kind]


def _due(count: int) -> str:
    return ngettext(
        "%(kind)s, older than %(days)d days: %(count)d conversation is due.",
        "%(kind)s, older than %(days)d days: %(count)d conversations are due.",
        count,
    )


def _deleted(count: int) -> str:
    return ngettext(
        "%(kind)s, older than %(days)d days: %(count)d conversation deleted.",
        "%(kind)s, older than %(days)d days: %(count)d conversations deleted.",
        count,
    )
