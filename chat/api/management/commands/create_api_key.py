"""`manage.py create_api_key NAME`: a key for another program, printed alone on the last line, and never again."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import override

import inference
from chat.api import actions
from chat.api.enums import Scope
from chat.api.models import DEFAULT_RATE, ApiKey, every_scope
from inference.management.terminal import terminal_language


class Command(BaseCommand):
    """Everything but the name has a default: all parts of the API, all engines, 60 requests a minute, no budget."""

    help = "Make a key for the API under /v1 and print it alone on the last line. It is shown this once."

    def add_arguments(self, parser: CommandParser) -> None:
        engines = inference.backend_names()
        parser.add_argument("name", metavar="NAME", help="who the key is for")
        parser.add_argument("--scope", action="append", choices=every_scope(), help="may be given several times")
        parser.add_argument("--models", nargs="+", choices=engines, metavar="ENGINE", help=", ".join(engines))
        parser.add_argument("--rate", type=_positive, default=DEFAULT_RATE, help="requests a minute")
        parser.add_argument("--budget", type=_positive, help="tokens a day (UTC), read and written together")

    def handle(self, *args: Any, **options: Any) -> None:
        key = ApiKey(
            name=options["name"].strip(),
            scopes=options["scope"] or every_scope(),
            engines=options["models"] or [],
            rate_per_minute=options["rate"],
            daily_tokens=options["budget"],
        )
        with override(terminal_language()):
            _check(key)
            self.stderr.write(_("The key %(name)r may: %(scopes)s.") % {"name": key.name, "scopes": _scopes(key)})
        self.stdout.write(actions.issue_key(key))


def _check(key: ApiKey) -> None:
    """One sentence for whatever is wrong with it."""
    if not key.name:
        raise CommandError(_("The key needs a name that says who it is for."))
    try:
        key.full_clean(exclude=["hash", "prefix"])
    except ValidationError as error:
        field, found = next(iter(error.message_dict.items()))
        if field == "name" and ApiKey.objects.filter(name=key.name).exists():
            raise CommandError(_("There is a key of the name %(name)r already.") % {"name": key.name}) from None
        raise CommandError(f"{field}: {found[0]}") from None


def _scopes(key: ApiKey) -> str:
    return ", ".join(str(Scope(scope).label) for scope in key.scopes)


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(_("%(text)r is no whole number above 0.") % {"text": text})
    return number
