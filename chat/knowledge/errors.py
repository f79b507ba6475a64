"""What can go wrong with an edit, with a sentence for the editor.

KnowledgeError
├── StaleEdit   somebody else has stored a revision since
└── SlugTaken   there is an article of that name
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from chat.knowledge.models import Revision


class KnowledgeError(Exception):
    """Base. `detail` is shown to a person."""

    detail: Any = ""


class StaleEdit(KnowledgeError):
    """Somebody else has stored a revision since; `newest` is theirs."""

    def __init__(self, newest: Revision) -> None:
        super().__init__(newest.number)
        self.newest = newest
        who = newest.author.get_username() if newest.author else _("Somebody")
        self.detail = _(
            "%(who)s has stored revision %(number)d while you were editing. Your text is still here, "
            "nothing was stored. Compare it with that revision; saving again stores yours after it."
        ) % {"who": who, "number": newest.number}


class SlugTaken(KnowledgeError):
    """There is an article of that name."""

    def __init__(self, slug: str) -> None:
        super().__init__(slug)
        self.detail = _("There is an article with the slug %(slug)s already.") % {"slug": slug}
