"""What can go wrong with a vote; the tree's root is chat.errors.ChatError.

ChatError
├── NotFound         no such comparison, or not this person's
├── Conflict
│   └── AlreadyVoted this person has voted otherwise before
└── BadCommand       an outcome, a reason or a guess that does not exist
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from chat.errors import Conflict


class AlreadyVoted(Conflict):
    """The first vote counts: after it the engines' names were shown."""

    detail = _("You have voted on these two answers already.")
