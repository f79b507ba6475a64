"""Load the sample knowledge base into an empty database."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chat.knowledge.actions import load_sample_knowledge


class Command(BaseCommand):
    help = "Loads the articles of the sample business, if there are no articles yet."

    def handle(self, *args: Any, **options: Any) -> None:
        count = load_sample_knowledge()
        if not count:
            self.stdout.write(_("There are articles already; nothing was changed."))
            return
        self.stdout.write(ngettext("%(n)d article was loaded.", "%(n)d articles were loaded.", count) % {"n": count})
