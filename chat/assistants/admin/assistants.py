"""The list of assistants and the editor's page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.assistants import actions
from chat.assistants.admin.forms import AssistantForm
from chat.assistants.engines import PROBLEMS, engine_label, engine_of, problem
from chat.assistants.models import Assistant
from chat.assistants.preview import preview

_HALF = ("name", "summary", "description", "instructions", "starters")
FIELDSETS: Any = (
    (None, {"fields": ("slug", ("enabled", "is_default"), "audience", "position")}),
    (gettext_lazy("English"), {"fields": [f"{name}_en" for name in _HALF], "classes": ("dl-half",)}),
    (gettext_lazy("Simplified Chinese"), {"fields": [f"{name}_zh" for name in _HALF], "classes": ("dl-half",)}),
    (
        gettext_lazy("How it answers"),
        {"fields": ("engine", "needs", "articles", ("temperature", "top_p", "max_new_tokens"))},
    ),
)


@admin.register(Assistant)
class AssistantAdmin(admin.ModelAdmin):
    """Edited by those who have Django's permissions for it."""

    form = AssistantForm
    fieldsets = FIELDSETS
    list_display = ("heading", "state", "audience", "engine_shown", "needs")
    list_filter = ("audience", "needs", "enabled")
    search_fields = ("slug", "name_en", "name_zh")
    show_facets = admin.ShowFacets.NEVER

    class Media:
        css = {"all": ["chat/admin.css", "knowledge/admin.css", "assistants/admin.css"]}

    def get_urls(self) -> list[URLPattern]:
        """With the preview, before the catch-all."""
        view = self.admin_site.admin_view(self.preview_view)
        return [path("preview/", view, name="assistants_assistant_preview"), *super().get_urls()]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Records name an assistant by its slug."""
        return ("slug",) if obj else ()

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """With the rows of the result, and what stands in the way of offering it."""
        assistant, form = context.get("original"), context["adminform"].form
        context["rows"] = getattr(form, "rows", None)
        context["problem"] = PROBLEMS.get(problem(assistant), "") if assistant else ""
        context["told"] = preview(assistant) if assistant else None
        return super().render_change_form(request, context, *args, **kwargs)

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """What the model would be told with what is in the form; nothing is stored."""
        if not (self.has_change_permission(request) or self.has_add_permission(request)):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        form = AssistantForm(request.POST)
        del form.fields["slug"]  # a stored one would be taken for a double
        right = form.is_valid()
        context = {
            **self.admin_site.each_context(request),
            **{"title": _("What the model is told"), "opts": self.opts, "media": self.media},
            **{"form": form, "told": preview(form.instance) if right else None},
            "problem": PROBLEMS.get(problem(form.instance), "") if right else "",
        }
        return TemplateResponse(request, "admin/assistants/assistant/preview.html", context)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The default has to be there."""
        return super().has_delete_permission(request, obj) and not (obj and obj.is_default)

    def save_model(self, request: HttpRequest, obj: Assistant, form: Any, change: bool) -> None:
        """Through the room's door."""
        actions.save_assistant(obj)

    def delete_model(self, request: HttpRequest, obj: Assistant) -> None:
        """One."""
        actions.delete_assistants(Assistant.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Several; the default stays."""
        actions.delete_assistants(Assistant.objects.filter(pk__in=queryset.values("pk")))

    @admin.display(description=gettext_lazy("assistant"), ordering="slug")
    def heading(self, assistant: Assistant) -> SafeString:
        """Both names, and the slug."""
        names = format_html(
            '<span class="dl-title" lang="en">{}</span><span class="dl-title" lang="zh-Hans">{}</span>',
            assistant.name_en,
            assistant.name_zh,
        )
        return format_html('{}<span class="dl-slug">{}</span>', names, assistant.slug)

    @admin.display(description=gettext_lazy("state"))
    def state(self, assistant: Assistant) -> SafeString:
        """Whether people are offered it."""
        if assistant.is_default:
            return format_html('<span class="dl-chip" data-state="published">{}</span>', _("the default"))
        if not assistant.enabled:
            return format_html('<span class="dl-chip" data-state="retired">{}</span>', _("not in use"))
        why = problem(assistant)
        if not why:
            return format_html('<span class="dl-chip" data-state="published">{}</span>', _("offered"))
        return format_html(
            '<span class="dl-chip" data-state="draft" title="{}">{}</span>', PROBLEMS[why], _("not offered")
        )

    @admin.display(description=gettext_lazy("engine"), ordering="engine")
    def engine_shown(self, assistant: Assistant) -> str:
        """Its own, or the one that stands in."""
        if assistant.engine:
            return engine_label(assistant.engine)
        name = engine_of(assistant)
        return _("The site's default") if name == "default" else engine_label(name)
