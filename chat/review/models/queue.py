"""What waits to be reviewed, how it got there, and who has it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chat.enums import FeedbackValue
from chat.models import Message
from chat.review.enums import OPEN_STATES, AnswerKind, AssignmentState, ItemState, Purpose, SkipReason, Stream
from chat.review.models.rubrics import Bilingual, Rubric

UNIT = [MinValueValidator(0.0), MaxValueValidator(1.0)]


class ReviewQueue(Bilingual):
    """Answers that are reviewed by one rubric, each by `reviews_per_item` people."""

    slug = models.SlugField(_("short name"), max_length=40, unique=True)
    rubric = models.ForeignKey(Rubric, on_delete=models.PROTECT, related_name="queues", verbose_name=_("scorecard"))
    reviews_per_item = models.PositiveSmallIntegerField(
        _("reviews of each answer"), default=2, validators=[MinValueValidator(1)]
    )
    reservation_minutes = models.PositiveSmallIntegerField(
        _("minutes for which an answer is kept for a reviewer"), default=15, validators=[MinValueValidator(1)]
    )
    gold_share = models.FloatField(_("share of answers with known scores"), default=0.05, validators=UNIT)

    class Meta:
        verbose_name = _("review queue")
        verbose_name_plural = _("review queues")
        constraints = [
            models.CheckConstraint(
                condition=Q(reviews_per_item__gte=1, reservation_minutes__gte=1), name="queue_of_one_at_least"
            ),
            models.CheckConstraint(condition=Q(gold_share__gte=0, gold_share__lte=1), name="queue_gold_is_a_share"),
        ]


class FillRule(models.Model):
    """Which answers come into a queue, and how many of them. An empty condition holds for every answer."""

    queue = models.ForeignKey(ReviewQueue, on_delete=models.CASCADE, related_name="rules", verbose_name=_("queue"))
    name = models.CharField(_("name"), max_length=120)
    stream = models.CharField(_("stream"), max_length=16, choices=Stream)
    engines = models.JSONField(
        _("engines"), default=list, blank=True, help_text=_("Names of the engines that wrote the answer; all if none.")
    )
    languages = models.JSONField(_("languages"), default=list, blank=True)
    feedback = models.SmallIntegerField(_("rating by the visitor"), choices=FeedbackValue, null=True, blank=True)
    confidence_below = models.FloatField(_("confidence below"), null=True, blank=True, validators=UNIT)
    kind = models.CharField(_("answer"), max_length=16, choices=AnswerKind, blank=True, default="")
    disagreed = models.BooleanField(
        _("engines or voters disagreed"),
        default=False,
        help_text=_("Two engines gave different sources for the same question, or people voted differently."),
    )
    rate = models.FloatField(_("share of these answers"), default=1.0, validators=UNIT)
    daily_quota = models.PositiveIntegerField(_("at most a day"), default=50)
    reason = models.CharField(_("why"), max_length=200, blank=True, default="")
    active = models.BooleanField(_("active"), default=True)
    position = models.PositiveSmallIntegerField(_("place"), default=0)

    class Meta:
        verbose_name = _("rule that fills the queue")
        verbose_name_plural = _("rules that fill the queue")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lte=1), name="fill_rate_is_a_share"),
            models.UniqueConstraint(fields=["queue", "name"], name="fill_rule_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class ReviewItem(models.Model):
    """An answer in a queue. `sampling_probability`: how likely it was that it came here, by all rules together.

    A gold item has known scores, `expected` ({key of a criterion: level}); it is shown among the others to everybody.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    queue = models.ForeignKey(ReviewQueue, on_delete=models.PROTECT, related_name="items")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="review_items")
    rule = models.ForeignKey(FillRule, null=True, blank=True, on_delete=models.SET_NULL, related_name="items")
    stream = models.CharField(_("stream"), max_length=16, choices=Stream)
    sampling_probability = models.FloatField(_("sampling probability"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=24, choices=ItemState, default=ItemState.OPEN)
    is_gold = models.BooleanField(_("has known scores"), default=False)
    expected = models.JSONField(_("known scores"), default=dict, blank=True)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)

    class Meta:
        verbose_name = _("answer to review")
        verbose_name_plural = _("answers to review")
        permissions = [("adjudicate", _("Can decide where reviewers differ"))]
        constraints = [
            models.UniqueConstraint(fields=["queue", "message"], name="review_item_once_per_queue"),
            models.CheckConstraint(
                condition=Q(sampling_probability__isnull=True)
                | Q(sampling_probability__gt=0, sampling_probability__lte=1),
                name="review_item_probability",
            ),
        ]
        indexes = [
            models.Index(
                fields=["queue", "is_gold", "id"], condition=Q(state__in=OPEN_STATES), name="review_item_open"
            ),
            models.Index(fields=["queue", "state", "id"], name="review_item_by_state"),
            models.Index(fields=["rule", "created_at"], name="review_item_by_rule"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Assignment(models.Model):
    """An item in the hands of a reviewer: nobody ever gets the same one twice, only back."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    item = models.ForeignKey(ReviewItem, on_delete=models.CASCADE, related_name="assignments")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("reviewer")
    )
    purpose = models.CharField(max_length=16, choices=Purpose, default=Purpose.REVIEW)
    state = models.CharField(_("state"), max_length=16, choices=AssignmentState, default=AssignmentState.RESERVED)
    reserved_until = models.DateTimeField(_("reserved until"))
    skip_reason = models.CharField(_("why skipped"), max_length=16, choices=SkipReason, blank=True, default="")

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        constraints = [models.UniqueConstraint(fields=["item", "reviewer"], name="assignment_once_per_reviewer")]
        indexes = [
            models.Index(
                fields=["reserved_until"],
                condition=Q(state=AssignmentState.RESERVED),
                name="assignment_reserved",
            ),
            models.Index(fields=["reviewer", "state", "id"], name="assignment_by_reviewer"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
