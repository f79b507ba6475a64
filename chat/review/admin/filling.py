"""The queue and the rules that fill it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from chat.enums import Language
from chat.review.labels import NAMES, engine_label
from chat.review.models import FillRule, ReviewQueue


def _engines() -> list[tuple[str, str]]:
    """Those that the settings know, and those that may have answered for them."""
    names = dict.fromkeys([*settings.INFERENCE, *NAMES])
    return [(name, engine_label(name)) for name in names if name != "default"]


class FillRuleForm(forms.ModelForm):
    """Nobody writes JSON: engines and languages are ticked."""

    engines = forms.MultipleChoiceField(
        label=_("engines"),
        required=False,
        choices=_engines,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Who wrote the answer; without a tick, whoever it was."),
    )
    languages = forms.MultipleChoiceField(
        label=_("languages"),
        required=False,
        choices=Language.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Of the conversation; without a tick, both."),
    )

    class Meta:
        model = FillRule
        fields = "__all__"  # noqa: DJ007 - the admin names them


@admin.register(FillRule)
class FillRuleAdmin(admin.ModelAdmin):
    """What comes in, how much of it, and why."""

    form = FillRuleForm
    list_display = ("name", "stream", "rate", "daily_quota", "active", "position")
    list_filter = ("active", "stream")
    show_facets = admin.ShowFacets.NEVER
    fieldsets = (
        (None, {"fields": ("name", ("queue", "stream"), ("active", "position"), "reason")}),
        (
            _("Which answers"),
            {"fields": ("engines", "languages", "feedback", "confidence_below", "kind", "disagreed")},
        ),
        (_("How many of them"), {"fields": (("rate", "daily_quota"),)}),
    )


@admin.register(ReviewQueue)
class ReviewQueueAdmin(admin.ModelAdmin):
    """How often an answer is reviewed, and by what."""

    list_display = ("slug", "name_en", "name_zh", "rubric", "reviews_per_item", "reservation_minutes", "gold_share")
    list_select_related = ("rubric",)
    show_facets = admin.ShowFacets.NEVER

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The page works on one queue."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: its reviews would go with it."""
        return False
