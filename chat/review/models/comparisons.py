"""Two answers to one question, what people think of them, and which gaps were looked at.

Rows are written in chat/review/actions/ alone.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chat.enums import Language
from chat.models import Conversation, Message
from chat.review.enums import Audience, Mode, Outcome


class Comparison(models.Model):
    """Two replies to the same question, by two engines.

    `language` and `prompt_key` (a hash of the question's normalised text) repeat what the messages say, so
    that 100,000 votes can be summed up without reading a text.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="comparisons")
    prompt = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+", verbose_name=_("question"))
    prompt_key = models.CharField(max_length=32)
    language = models.CharField(_("language"), max_length=8, choices=Language)
    mode = models.CharField(_("how"), max_length=8, choices=Mode, default=Mode.LIVE)
    offered_to = models.CharField(_("asked"), max_length=8, choices=Audience)
    first = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+", verbose_name=_("first answer"))
    second = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+", verbose_name=_("second answer"))
    first_engine = models.CharField(_("first engine"), max_length=64)
    second_engine = models.CharField(_("second engine"), max_length=64)
    left_is_first = models.BooleanField(_("the first answer is on the left"))
    created_at = models.DateTimeField(_("time"), auto_now_add=True)

    class Meta:
        verbose_name = _("comparison")
        verbose_name_plural = _("comparisons")
        constraints = [
            models.CheckConstraint(condition=~Q(first=F("second")), name="comparison_of_two_answers"),
            models.UniqueConstraint(fields=["first", "second"], name="comparison_once_per_pair"),
        ]
        indexes = [
            models.Index(fields=["prompt", "-id"], name="comparison_by_prompt"),
            models.Index(fields=["-created_at", "-id"], name="comparison_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.first_engine} / {self.second_engine}"

    @property
    def left_engine(self) -> str:
        """Who wrote the answer on the left (A)."""
        return self.first_engine if self.left_is_first else self.second_engine

    @property
    def right_engine(self) -> str:
        """Who wrote the answer on the right (B)."""
        return self.second_engine if self.left_is_first else self.first_engine


class ComparisonVote(models.Model):
    """What one person thinks of two answers. `rater_key` is the actor: "user:<pk>" or "visitor:<id>".

    `guessed` is the engine that the rater took for the author of the answer on the left, "unsure", or empty
    when they did not say. `topic` is the article that the better answer cites, or else the other one.
    """

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="votes")
    rater = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, verbose_name=_("rater")
    )
    rater_key = models.CharField(_("person"), max_length=80)
    outcome = models.CharField(_("vote"), max_length=8, choices=Outcome)
    reasons = models.JSONField(_("reasons"), default=list, blank=True)
    guessed = models.CharField(_("guessed engine"), max_length=64, blank=True, default="")
    guess_right = models.BooleanField(_("guessed right"), null=True, blank=True)
    topic = models.CharField(_("topic"), max_length=80, blank=True, default="")
    ms = models.PositiveIntegerField(_("time taken (ms)"), default=0)
    created_at = models.DateTimeField(_("time"), auto_now_add=True)

    class Meta:
        verbose_name = _("vote")
        verbose_name_plural = _("votes")
        constraints = [models.UniqueConstraint(fields=["comparison", "rater_key"], name="vote_once_per_person")]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="vote_by_time"),
            models.Index(fields=["topic", "-id"], name="vote_by_topic"),
        ]

    def __str__(self) -> str:
        return str(Outcome(self.outcome).label)


class GapDismissal(models.Model):
    """An unanswered question that staff have put aside; asked again after `until`, it is there again."""

    prompt_key = models.CharField(max_length=32, unique=True)
    until = models.DateTimeField(_("until"))
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, verbose_name=_("dismissed by")
    )
    dismissed_at = models.DateTimeField(_("time"), auto_now=True)

    class Meta:
        verbose_name = _("dismissed question")
        verbose_name_plural = _("dismissed questions")

    def __str__(self) -> str:
        return self.prompt_key
