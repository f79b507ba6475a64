"""Closed sets of values of comparisons, votes and reviews."""

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


class Stream(models.TextChoices):
    """By which kind of rule an answer came into the queue."""

    RANDOM = "random", _("Random share")
    DISLIKED = "disliked", _("Rated bad")
    UNSURE = "unsure", _("Low confidence")
    DISAGREED = "disagreed", _("Disagreement")
    UNANSWERED = "unanswered", _("Not answered")
    CHOSEN = "chosen", _("Chosen by hand")


class AnswerKind(models.TextChoices):
    """What a rule may ask of an answer."""

    ABSTAINED = "abstained", _("Said that it does not know")
    PERSON = "person", _("The visitor wanted a person")
    EITHER = "either", _("Either of the two")


class ItemState(models.TextChoices):
    """Where an item stands."""

    OPEN = "open", _("Open")
    NEEDS_MORE = "needs_more", _("Needs another review")
    NEEDS_ADJUDICATION = "needs_adjudication", _("Reviewers differ")
    DONE = "done", _("Done")
    VOID = "void", _("Taken out")


OPEN_STATES = (ItemState.OPEN, ItemState.NEEDS_MORE)


class AssignmentState(models.TextChoices):
    """What a reviewer made of an item."""

    RESERVED = "reserved", _("Reserved")
    SUBMITTED = "submitted", _("Submitted")
    SKIPPED = "skipped", _("Skipped")
    EXPIRED = "expired", _("Expired")


class Purpose(models.TextChoices):
    """Whether somebody reviews, or decides between reviews that differ."""

    REVIEW = "review", _("Review")
    ADJUDICATE = "adjudicate", _("Decision")


class SkipReason(models.TextChoices):
    """Why somebody leaves an answer to others."""

    LANGUAGE = "language", _("Not my language")
    TOPIC = "topic", _("I do not know enough about this")
    CONTEXT = "context", _("The conversation does not make sense")
    INVOLVED = "involved", _("I am involved")
    OTHER = "other", _("Another reason")


class ReviewVerdict(models.TextChoices):
    """A score in a word."""

    GOOD = "good", _("Good")
    MIXED = "mixed", _("Mixed")
    BAD = "bad", _("Bad")
    NONE = "none", _("Not rated")


class IdealSource(models.TextChoices):
    """What an ideal answer was begun from."""

    TYPED = "typed", _("Nothing")
    ARTICLE = "article", _("Article")
    RULES = "rules", _("Rules")
    VERSION = "version", _("Other version")
    ANSWER = "answer", _("This answer")


# What a rater may guess besides an engine's name.
UNSURE = "unsure"
