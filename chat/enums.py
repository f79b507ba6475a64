"""Closed sets of values, shared by models, protocol and pages."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    USER = "user", _("Visitor")
    ASSISTANT = "assistant", _("Assistant")


class Status(models.TextChoices):
    """A message's state. Everything but STREAMING is final, except that Continue reopens INTERRUPTED and STOPPED."""

    STREAMING = "streaming", _("Answering")
    COMPLETE = "complete", _("Complete")
    STOPPED = "stopped", _("Stopped")
    FAILED = "failed", _("Failed")
    INTERRUPTED = "interrupted", _("Interrupted")


class Side(models.IntegerChoices):
    """Where a reply stands among those to the same question: by itself, or as one of two that are compared.

    NEITHER is the sentence with which a conversation goes on when both of them were bad.
    """

    ALONE = 0, _("by itself")
    A = 1, _("Answer A")
    B = 2, _("Answer B")
    NEITHER = 3, _("in place of both")


class Better(models.TextChoices):
    """What somebody says of two answers side by side."""

    A = "a", _("A is better")
    B = "b", _("B is better")
    TIE = "tie", _("Both are equally good")
    BOTH_BAD = "both_bad", _("Both are bad")


class FeedbackValue(models.IntegerChoices):
    GOOD = 1, _("Good answer")
    BAD = -1, _("Bad answer")


class FeedbackReasonCode(models.TextChoices):
    """What a visitor can tick; GOOD_* go with a good rating, the others with a bad one."""

    GOOD_SOLVED = "good_solved", _("Solved it")
    GOOD_CLEAR = "good_clear", _("Clear")
    GOOD_FAST = "good_fast", _("Fast")
    WRONG = "wrong", _("Not correct")
    OFF_TOPIC = "off_topic", _("Not what I asked")
    INCOMPLETE = "incomplete", _("Incomplete")
    UNCLEAR = "unclear", _("Hard to understand")
    TONE = "tone", _("Unfriendly")
    SLOW = "slow", _("Too slow")
    WANTED_HUMAN = "wanted_human", _("I wanted a person")


class Language(models.TextChoices):
    ENGLISH = "en", _("English")
    CHINESE = "zh-hans", _("Simplified Chinese")
