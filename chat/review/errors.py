"""What can go wrong in this room; the tree's root is chat.errors.ChatError.

ChatError
├── NotFound            no such comparison, item or review, or not this person's
├── Conflict
│   ├── AlreadyVoted    this person has voted otherwise before
│   ├── ReservationLost somebody else has the answer now
│   ├── RubricChanged   another version of the rubric is in use
│   ├── Decided         the review cannot be taken back any more
│   └── Frozen          reviews were given by this version of the rubric
└── BadCommand          a value that does not exist
    ├── RatingMissing   a criterion without a rating
    ├── CauseMissing    a low rating without a cause
    └── IdealRefused    an ideal answer with something left over in it, or in another language
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from chat.errors import BadCommand, Conflict


class AlreadyVoted(Conflict):
    """The first vote counts: after it the engines' names were shown."""

    detail = _("You have voted on these two answers already.")


class ReservationLost(Conflict):
    """It was kept for somebody for too long, or was skipped."""

    code = "reservation_lost"
    detail = _("This answer is in other hands by now. Here is the next one.")


class RubricChanged(Conflict):
    """The page shows criteria that are not in use any more."""

    code = "rubric_changed"
    detail = _("The scorecard was changed. Please load the page again.")


class Decided(Conflict):
    """A decision was made on top of it."""

    code = "decided"
    detail = _("This review cannot be taken back: the decision on it was made.")


class Frozen(Conflict):
    """What was measured by it would mean something else."""

    code = "frozen"
    detail = _("Reviews were given by this version, so that it stays as it is. Make a new version.")


class RatingMissing(BadCommand):
    """Every criterion has a level or "does not apply"."""

    code = "rating_missing"
    detail = _("Please rate every criterion.")


class CauseMissing(BadCommand):
    """What is low has to have a reason."""

    code = "cause_missing"
    detail = _("Please say why the low rating: choose a root cause.")


class IdealRefused(BadCommand):
    """The sentence says what is wrong with it."""

    code = "ideal_refused"
