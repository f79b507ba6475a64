"""Assistants. Fields, constraints and slim properties only; rows are written in actions.py alone."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from chat.assistants.enums import Audience, Needs
from inference import Sampling
from inference.errors import InvalidRequest

MAX_STARTERS = 6
SAMPLING: dict[str, Any] = {
    "temperature": _("A number from 0 to 2."),
    "top_p": _("A number above 0, 1 at most."),
    "max_new_tokens": _("A whole number from 1 to 4096."),
}


class ReadableJSON(json.JSONEncoder):
    """Writes Chinese as it is."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "ensure_ascii": False})


def short_language(language: str | None = None) -> str:
    """ "en" or "zh": how the fields of that language end; without one, those of the active language."""
    return "zh" if (language or get_language() or "").startswith("zh") else "en"


class Assistant(models.Model):
    """What a model is told, how it answers, and to whom it is offered.

    Empty sampling fields and an empty engine mean: as the site says. `result_fields` make the answer a structured
    result (see results.py). Exactly one assistant is the default, which every conversation without a choice has.
    """

    slug = models.SlugField(_("short name"), max_length=40, unique=True)
    name_en = models.CharField(_("name"), max_length=60)
    name_zh = models.CharField(_("name"), max_length=60)
    summary_en = models.CharField(_("in one line"), max_length=100)
    summary_zh = models.CharField(_("in one line"), max_length=100)
    description_en = models.TextField(_("description"), max_length=1000, blank=True, default="")
    description_zh = models.TextField(_("description"), max_length=1000, blank=True, default="")
    instructions_en = models.TextField(_("instructions"), max_length=8000, blank=True, default="")
    instructions_zh = models.TextField(_("instructions"), max_length=8000, blank=True, default="")
    starters_en = models.JSONField(_("questions to begin with"), default=list, blank=True, encoder=ReadableJSON)
    starters_zh = models.JSONField(_("questions to begin with"), default=list, blank=True, encoder=ReadableJSON)
    engine = models.CharField(_("engine"), max_length=64, blank=True, default="")
    needs = models.CharField(_("needs"), max_length=8, choices=Needs, default=Needs.ANY)
    articles = models.BooleanField(_("uses the knowledge base"), default=True)
    temperature = models.FloatField(_("temperature"), null=True, blank=True)
    top_p = models.FloatField(_("top-p"), null=True, blank=True)
    max_new_tokens = models.PositiveIntegerField(_("tokens at most"), null=True, blank=True)
    result_fields = models.JSONField(_("fields of the result"), default=list, blank=True, encoder=ReadableJSON)
    audience = models.CharField(_("offered to"), max_length=10, choices=Audience, default=Audience.EVERYBODY)
    position = models.PositiveSmallIntegerField(_("place in the list"), default=100)
    enabled = models.BooleanField(_("in use"), default=True)
    is_default = models.BooleanField(_("the default"), default=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("assistant")
        verbose_name_plural = _("assistants")
        ordering = ["-is_default", "position", "slug"]
        constraints = [
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="one_default_assistant"),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(enabled=True, audience=Audience.EVERYBODY, needs=Needs.ANY),
                name="default_assistant_is_for_everybody",
            ),
        ]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def name(self) -> str:
        """In the active language."""
        return self.text("name")

    @property
    def summary(self) -> str:
        """In the active language."""
        return self.text("summary")

    def text(self, field: str, language: str | None = None) -> Any:
        """What the field says in that language; without one, in the active one."""
        return getattr(self, f"{field}_{short_language(language)}")

    @property
    def sampling(self) -> dict[str, Any]:
        """What it says itself about sampling."""
        return {name: value for name in SAMPLING if (value := getattr(self, name)) is not None}

    def clean(self) -> None:
        """Sampling as inference takes it, and a default that anybody can be answered by."""
        if self.is_default and (self.enabled, self.audience, self.needs) != (True, Audience.EVERYBODY, Needs.ANY):
            raise ValidationError(_("The default assistant has to be in use, for everybody, and good with any engine."))
        for name, value in self.sampling.items():
            try:
                Sampling(**{name: value})
            except InvalidRequest:
                raise ValidationError({name: SAMPLING[name]}) from None
