"""Scorecards and root causes. A version that reviews were given by is there to be read, and to be copied."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from chat.review import actions
from chat.review.errors import Frozen
from chat.review.models import Criterion, RootCause, Rubric, RubricVersion


def _version_page(version: RubricVersion) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:review_rubricversion_change", args=[version.pk]))


@admin.register(Rubric)
class RubricAdmin(admin.ModelAdmin):
    """Its names; what is in it is in its versions, and the first one is made with it."""

    list_display = ("slug", "name_en", "name_zh")
    show_facets = admin.ShowFacets.NEVER

    def save_model(self, request: HttpRequest, obj: Rubric, form: Any, change: bool) -> None:
        """A new one gets a version to write criteria into."""
        super().save_model(request, obj, form, change)
        if not change:
            actions.first_version(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Reviews stay with what they were given by."""
        used = obj is not None and obj.versions.filter(used_at__isnull=False).exists()
        return super().has_delete_permission(request, obj) and not used


class CriterionInline(admin.StackedInline):
    """The criteria of a version, which can be edited as long as the version can."""

    model = Criterion
    extra = 0
    fields = (
        ("key", "position"),
        ("name_en", "name_zh"),
        ("levels", "weight", "allow_na", "critical"),
        ("anchors_en", "anchors_zh"),
    )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not to a frozen version."""
        return super().has_add_permission(request, obj) and not (obj and obj.frozen)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not in a frozen version."""
        return super().has_change_permission(request, obj) and not (obj and obj.frozen)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may edit a version may also take a criterion out of it."""
        return self.has_change_permission(request, obj)


@admin.register(RubricVersion)
class RubricVersionAdmin(admin.ModelAdmin):
    """Made by copying another version, edited until the first review, taken into use by a button."""

    change_form_template = "admin/review/rubricversion/change_form.html"
    list_display = ("__str__", "active", "used_at", "created_at")
    list_filter = ("rubric",)
    list_select_related = ("rubric",)
    show_facets = admin.ShowFacets.NEVER
    fields = readonly_fields = ("rubric", "number", "active", "used_at", "created_at")
    inlines = (CriterionInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """By copying alone."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only what nobody has used or uses; so never many at once."""
        free = obj is not None and not obj.frozen and not obj.active
        return super().has_delete_permission(request, obj) and free

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The buttons for a copy and for use; and one who was slower than the first review is told so."""
        version = self.get_object(request, object_id or "")
        if isinstance(version, RubricVersion) and request.method == "POST":
            if "_new_version" in request.POST:
                return self._copied(request, version)
            if "_use" in request.POST:
                return self._used(request, version)
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Frozen as error:
            messages.error(request, str(error.detail))
            return HttpResponseRedirect(request.path)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Which buttons there are."""
        version = context.get("original")
        allowed = super().has_change_permission(request, version)
        context["may_copy"], context["may_use"] = allowed, allowed and version is not None and not version.active
        return super().render_change_form(request, context, *args, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The criteria; nothing of a version by which a review came in meanwhile."""
        actions.require_unfrozen(form.instance)
        super().save_related(request, form, formsets, change)

    def _copied(self, request: HttpRequest, version: RubricVersion) -> HttpResponse:
        self._require(request, version)
        copy = actions.new_version(version)
        messages.success(
            request, _("Version %(number)d is a copy. Reviews go on by the old one.") % {"number": copy.number}
        )
        return _version_page(copy)

    def _used(self, request: HttpRequest, version: RubricVersion) -> HttpResponse:
        self._require(request, version)
        if version.criteria.exists():
            actions.use_version(version)
            messages.success(request, _("From now on, reviews are given by this version."))
        else:
            messages.error(request, _("A scorecard needs one criterion at least."))
        return _version_page(version)

    def _require(self, request: HttpRequest, version: RubricVersion) -> None:
        if not self.has_change_permission(request, version):
            raise PermissionDenied


@admin.register(RootCause)
class RootCauseAdmin(admin.ModelAdmin):
    """The tree, in its order."""

    list_display = ("key", "name_en", "name_zh", "parent", "active", "position")
    list_select_related = ("parent",)
    list_filter = ("active",)
    show_facets = admin.ShowFacets.NEVER
    fields = (("key", "active"), ("name_en", "name_zh"), ("parent", "position"))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Offers as parents only those that are part of nothing."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        if "parent" in form.base_fields:
            form.base_fields["parent"].queryset = RootCause.objects.filter(parent__isnull=True)
        return form

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not what reviews name; that is taken out of the offer."""
        used = obj is not None and obj.scores.exists()
        return super().has_delete_permission(request, obj) and not used
