"""python manage.py fill_reviews: fill the review queue by its rules, now; a serving process does so every minute."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from chat.review import actions


class Command(BaseCommand):
    """Filling twice adds nothing twice."""

    help = "Fill the review queue by its rules."

    def handle(self, *args: Any, **options: Any) -> None:
        added = actions.fill()
        self.stdout.write(ngettext("%(n)d answer added.", "%(n)d answers added.", added) % {"n": added})
