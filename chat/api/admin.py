"""Keys in the admin: made (and shown once), changed, ended, and what each was used for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

import inference
from chat.answerers import engine_name
from chat.api import actions, usage
from chat.api.enums import Scope
from chat.api.models import ApiKey

GIVEN = ("name", "scopes", "engines", "rate_per_minute", "daily_tokens", "expires_at")
KNOWN = ("begins", "state", "created_by", "created_at", "last_used_at")


class ApiKeyForm(forms.ModelForm):
    """Ticks in place of lists."""

    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("May be used for"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple
    )
    engines = forms.MultipleChoiceField(
        label=gettext_lazy("Engines"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Without a tick: all of them, those that come later too."),
    )

    class Meta:
        model = ApiKey
        fields = GIVEN
        help_texts = {
            "name": gettext_lazy("Who or what the key is for."),
            "daily_tokens": gettext_lazy("Read and written together, from midnight UTC. Empty: as many as it likes."),
            "expires_at": gettext_lazy("Empty: until it is revoked."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = dict.fromkeys([*inference.backend_names(), *(self.instance.engines or [])])
        engines, scopes = self.fields["engines"], self.fields["scopes"]
        engines.choices = [(name, _label(name)) for name in names]  # type: ignore[attr-defined]
        if self.instance.pk is None:
            scopes.initial = [str(scope) for scope in Scope]


def _label(engine: str) -> str:
    """In words, with the name by which programs ask for it."""
    words = engine_name(engine)
    return engine if words == engine else f"{engine}: {words}"


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):
    """Who holds Django's permissions for keys; a key that was used stays, so that its use does."""

    form = ApiKeyForm
    list_display = ("name", "begins", "state", "rate_per_minute", "daily_tokens", "today", "last_used_at")
    ordering = ("-id",)
    search_fields = ("name", "prefix")
    actions = ("revoke",)
    change_form_template = "admin/api/apikey/change_form.html"

    class Media:
        css = {"all": ["chat/admin.css"]}

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        """What is given, and for a key that is there what is known of it."""
        return GIVEN if obj is None else (*GIVEN, *KNOWN, "used")

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        """What is known."""
        return () if obj is None else (*KNOWN, "used")

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """Never: what it was used for would go with it."""
        return False

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        """By the room's actions; a new key's secret waits in the request for the page that shows it."""
        if change:
            actions.change_key(obj, GIVEN)
            return
        obj.created_by_id = request.user.pk
        request.api_secret = actions.issue_key(obj)  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: Any = None) -> HttpResponse:
        """The one page that shows the key; it is the answer itself, so that the key is stored nowhere on its way."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("The new key"),
            "opts": self.opts,
            "media": self.media,
            "key": obj,
            "secret": request.api_secret,  # type: ignore[attr-defined]
            "base_url": request.build_absolute_uri(reverse("api:models")).removesuffix("/models"),
        }
        return TemplateResponse(request, "admin/api/apikey/made.html", context)

    def response_change(self, request: HttpRequest, obj: ApiKey) -> HttpResponse:
        """Revoked, where that button was pressed."""
        if "_revoke" not in request.POST:
            return super().response_change(request, obj)
        self.revoke(request, ApiKey.objects.filter(pk=obj.pk))
        return HttpResponseRedirect(reverse("admin:api_apikey_change", args=[obj.pk]))

    @admin.action(description=gettext_lazy("Revoke the selected keys"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        """End them for good."""
        count = actions.revoke_keys(queryset)
        said = ngettext("%(count)d key was revoked.", "%(count)d keys were revoked.", count)
        self.message_user(request, said % {"count": count}, messages.SUCCESS)

    @admin.display(description=gettext_lazy("begins with"), ordering="prefix")
    def begins(self, key: ApiKey) -> str:
        """What its holder can compare."""
        return f"{key.prefix}…"

    @admin.display(description=gettext_lazy("state"))
    def state(self, key: ApiKey) -> str:
        """In a word."""
        if key.revoked_at is not None:
            return _("revoked")
        return _("valid") if key.valid() else _("expired")

    @admin.display(description=gettext_lazy("tokens today"))
    def today(self, key: ApiKey) -> str:
        """Against the budget that the column before this one has."""
        return str(usage.tokens_today(key))

    @admin.display(description=gettext_lazy("use"))
    def used(self, key: ApiKey) -> str:
        """The last days, drawn."""
        return render_to_string("admin/api/apikey/_use.html", {"days": usage.by_day(key), "shown": usage.DAYS})
