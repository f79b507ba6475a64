"""What reviewers said."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chat.review.enums import IdealSource, ReviewVerdict
from chat.review.models.queue import Assignment
from chat.review.models.rubrics import Criterion, RootCause, RubricVersion


class Review(models.Model):
    """A submitted scorecard. `score` is from 0 to 1, and null when no criterion applied."""

    assignment = models.OneToOneField(Assignment, on_delete=models.CASCADE, related_name="review")
    rubric_version = models.ForeignKey(RubricVersion, on_delete=models.PROTECT, related_name="reviews")
    verdict = models.CharField(_("verdict"), max_length=16, choices=ReviewVerdict)
    score = models.FloatField(_("score"), null=True, blank=True)
    ideal_answer = models.TextField(_("ideal answer"), blank=True, default="")
    ideal_source = models.CharField(_("begun from"), max_length=16, choices=IdealSource, blank=True, default="")
    comment = models.TextField(_("comment"), blank=True, default="")
    explain_opened = models.BooleanField(_("looked at the explanation"), default=False)
    active_ms = models.PositiveIntegerField(_("time taken (ms)"), default=0)
    # The next one was submitted, so that this one cannot be taken back any more.
    final = models.BooleanField(_("final"), default=False)
    submitted_at = models.DateTimeField(_("submitted"), auto_now_add=True)

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        constraints = [
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=1), name="review_score_is_a_share"
            )
        ]
        indexes = [models.Index(fields=["-submitted_at", "-id"], name="review_by_time")]

    def __str__(self) -> str:
        return str(ReviewVerdict(self.verdict).label)


class ReviewScore(models.Model):
    """A level, or "does not apply", for one criterion."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="scores")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="scores")
    value = models.PositiveSmallIntegerField(_("level"), null=True, blank=True)
    is_na = models.BooleanField(_("does not apply"), default=False)
    root_cause = models.ForeignKey(
        RootCause, null=True, blank=True, on_delete=models.PROTECT, related_name="scores", verbose_name=_("root cause")
    )

    class Meta:
        verbose_name = _("score")
        verbose_name_plural = _("scores")
        constraints = [
            models.UniqueConstraint(fields=["review", "criterion"], name="score_once_per_criterion"),
            models.CheckConstraint(
                condition=Q(value__isnull=True, is_na=True) | Q(value__gte=1, is_na=False),
                name="score_or_not_applicable",
            ),
        ]

    def __str__(self) -> str:
        return "–" if self.value is None else str(self.value)
