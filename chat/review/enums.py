"""Closed sets of values of comparisons and votes."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Mode(models.TextChoices):
    """Whether the visitor of a running conversation got the answers, or they were made for the comparison alone."""

    LIVE = "live", _("In a conversation")
    OFFLINE = "offline", _("Made for the comparison")


class Audience(models.TextChoices):
    """Who was asked to compare."""

    STAFF = "staff", _("Staff")
    VISITOR = "visitor", _("Visitors")


class Outcome(models.TextChoices):
    """A vote. FIRST and SECOND are the answers as they were created, whichever side they were shown on."""

    FIRST = "first", _("The first answer is better")
    SECOND = "second", _("The second answer is better")
    TIE = "tie", _("Both are equally good")
    BOTH_BAD = "both_bad", _("Both are bad")


class VoteReason(models.TextChoices):
    """Why: the first five go with a better answer, the last four with two bad ones."""

    CORRECT = "correct", _("More correct")
    COMPLETE = "complete", _("More complete")
    CLEAR = "clear", _("Easier to understand")
    BRIEF = "brief", _("Shorter")
    FRIENDLY = "friendly", _("Friendlier")
    WRONG = "wrong", _("Not correct")
    OFF_TOPIC = "off_topic", _("Not what was asked")
    BROKEN = "broken", _("Broken or repeated text")
    NEEDS_PERSON = "needs_person", _("Needs a person")


class Gap(models.TextChoices):
    """Why a question counts as not answered."""

    UNANSWERED = "unanswered", _("Not answered")
    DISLIKED = "disliked", _("Rated bad")
    HANDED_OVER = "handed_over", _("Wanted a person")


# What a rater may guess besides an engine's name.
UNSURE = "unsure"
