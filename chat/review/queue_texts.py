"""Every sentence that the script of the review page shows, by key; {names} are filled in by the script."""

from __future__ import annotations

from django.utils.translation import gettext as _


def queue_texts() -> dict[str, str]:
    """Key -> sentence in the active language."""
    return {
        "progress": _("{today} today, {left} left"),
        "progress.many": _("{today} today, more than {left} left"),
        "loading": _("Fetching answers…"),
        "empty": _("Nothing is left to review. New answers come in every minute."),
        "again": _("Look again"),
        "offline": _("The server cannot be reached. Your ratings are still here; try again."),
        "failed": _("That did not work. Please try again."),
        "rate.all": _("Please rate every criterion."),
        "cause": _("Please say why the low rating: choose a root cause."),
        "submitted": _("Submitted: {verdict}, {percent}%. Written by {author}."),
        "submitted.bare": _("Submitted: {verdict}. Written by {author}."),
        "skipped": _("Skipped."),
        "undone": _("Taken back. Change it and submit it again."),
        "undo.none": _("There is nothing to take back."),
        "table": _("Table"),
        "same": _("The same as what was said."),
        "beginnings": _("Begin from"),
        "empty.text": _("Nothing"),
    }
