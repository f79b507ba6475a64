"""Add the shipped assistants that this site does not have."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from chat.assistants.actions import add_presets


class Command(BaseCommand):
    help = "Adds the shipped assistants that are not there yet; those that are there stay as they are."

    def handle(self, *args: Any, **options: Any) -> None:
        added = add_presets()
        if not added:
            self.stdout.write(_("All shipped assistants are there already; nothing was changed."))
            return
        self.stdout.write(_("Added: %(names)s.") % {"names": ", ".join(added)})
