"""What answers are measured by: rubrics in versions, their criteria, and the causes of what is wrong."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chat.enums import Language
from chat.language import page_language

MIN_LEVELS, MAX_LEVELS, MAX_WEIGHT = 2, 5, 100


class Bilingual(models.Model):
    """Something that is called by a name in both languages."""

    name_en = models.CharField(_("name (English)"), max_length=120)
    name_zh = models.CharField(_("name (Chinese)"), max_length=120)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name_zh if page_language() == Language.CHINESE else self.name_en


class Rubric(Bilingual):
    """A scorecard; what is in it is in its versions."""

    slug = models.SlugField(_("short name"), max_length=40, unique=True)

    class Meta:
        verbose_name = _("scorecard")
        verbose_name_plural = _("scorecards")


class RubricVersion(models.Model):
    """A state of a rubric. Once a review was given by it, it stays as it is; `active` is the one to review by."""

    rubric = models.ForeignKey(Rubric, on_delete=models.CASCADE, related_name="versions", verbose_name=_("scorecard"))
    number = models.PositiveIntegerField(_("version"))
    active = models.BooleanField(_("in use"), default=False)
    used_at = models.DateTimeField(_("first review"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)

    class Meta:
        verbose_name = _("version of a scorecard")
        verbose_name_plural = _("versions of scorecards")
        ordering = ["rubric", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["rubric", "number"], name="rubric_version_once"),
            models.UniqueConstraint(fields=["rubric"], condition=Q(active=True), name="one_active_rubric_version"),
        ]

    def __str__(self) -> str:
        return f"{self.rubric} {self.number}"

    @property
    def frozen(self) -> bool:
        """Whether a review was given by it."""
        return self.used_at is not None


class Criterion(Bilingual):
    """One thing to rate, from 1 to `levels`; the anchors say what each level means, a line for each, lowest first."""

    version = models.ForeignKey(RubricVersion, on_delete=models.CASCADE, related_name="criteria")
    key = models.SlugField(_("short name"), max_length=40)
    anchors_en = models.TextField(_("what each level means (English)"), help_text=_("A line a level, lowest first."))
    anchors_zh = models.TextField(_("what each level means (Chinese)"), help_text=_("A line a level, lowest first."))
    levels = models.PositiveSmallIntegerField(
        _("levels"), default=MAX_LEVELS, validators=[MinValueValidator(MIN_LEVELS), MaxValueValidator(MAX_LEVELS)]
    )
    weight = models.PositiveSmallIntegerField(_("weight"), default=10, validators=[MaxValueValidator(MAX_WEIGHT)])
    allow_na = models.BooleanField(_("may not apply"), default=False)
    critical = models.BooleanField(
        _("critical"), default=False, help_text=_("Below half of its scale, the whole review counts 0.")
    )
    position = models.PositiveSmallIntegerField(_("place"), default=0)

    class Meta:
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["version", "key"], name="criterion_once_per_version"),
            models.CheckConstraint(
                condition=Q(levels__gte=MIN_LEVELS, levels__lte=MAX_LEVELS), name="criterion_has_two_to_five_levels"
            ),
            models.CheckConstraint(condition=Q(weight__lte=MAX_WEIGHT), name="criterion_weight_up_to_100"),
        ]

    @property
    def anchors(self) -> list[str]:
        """What the levels mean, lowest first, in the page's language."""
        text = self.anchors_zh if page_language() == Language.CHINESE else self.anchors_en
        return [line.strip() for line in text.splitlines() if line.strip()]

    def share(self, value: int) -> float:
        """Where a level lies between the lowest (0) and the highest (1)."""
        return (value - 1) / (self.levels - 1)

    def clean(self) -> None:
        """A line for each level, in both languages."""
        for field in ("anchors_en", "anchors_zh"):
            lines = [line for line in getattr(self, field).splitlines() if line.strip()]
            if len(lines) != self.levels:
                message = _("Write %(levels)d lines, one for each level; there are %(lines)d.")
                raise ValidationError({field: message % {"levels": self.levels, "lines": len(lines)}})


class RootCause(Bilingual):
    """Why an answer is not good. Reviews keep naming a cause that is no longer offered (`active`)."""

    key = models.SlugField(_("short name"), max_length=40, unique=True)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children", verbose_name=_("part of")
    )
    position = models.PositiveSmallIntegerField(_("place"), default=0)
    active = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name = _("root cause")
        verbose_name_plural = _("root causes")
        ordering = ["position", "id"]

    def clean(self) -> None:
        """Two levels: what has a cause above it has none below."""
        if self.parent and (self.parent.parent_id or self.parent == self or (self.pk and self.children.exists())):
            raise ValidationError({"parent": _("Causes have two levels: choose one that is itself part of nothing.")})
