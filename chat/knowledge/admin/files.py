"""Articles as files: export as CSV and XLSX; import in two steps, first what would change, then all or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from chat.knowledge import actions
from chat.knowledge.admin.pages import ArticlePages
from chat.knowledge.models import Article, ArticleFile

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
SHOWN_ROWS = 200
SHOWN_PROBLEMS = 500


class UploadForm(forms.Form):
    """The file."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV (UTF-8) or XLSX, at most 40 MB and 10,000 rows."),
        widget=forms.FileInput({"accept": ".csv,.xlsx"}),
    )

    def clean_file(self) -> Any:
        """No larger than is read."""
        from chat.knowledge.sheets import check_size

        check_size(self.cleaned_data["file"].size)
        return self.cleaned_data["file"]


@dataclass(slots=True)
class Outcome:
    """What a file would do, or has done."""

    problems: list[tuple[int | None, str]] = field(default_factory=list)
    rows: list[tuple[int, Any]] = field(default_factory=list)
    plan: str = ""
    stale: bool = False

    @property
    def shown(self) -> list[tuple[int, Any, Any]]:
        """(row, what it does, what differs) of the first ones."""
        return [(number, row, row.changes()) for number, row in islice(self.rows, SHOWN_ROWS)]

    @property
    def shown_problems(self) -> list[tuple[int | None, str]]:
        """The first ones."""
        return self.problems[:SHOWN_PROBLEMS]

    @property
    def new(self) -> int:
        """How many articles there are not yet."""
        return sum(row.is_new for _number, row in self.rows)

    @property
    def changed(self) -> int:
        """How many there are."""
        return len(self.rows) - self.new


class FilePages(ArticlePages):
    """Mixed into the admin of articles."""

    def file_urls(self) -> list[URLPattern]:
        """Their routes."""
        view = self.admin_site.admin_view
        return [
            path("import/", view(self.import_view), name="knowledge_article_import"),
            path("export/<str:kind>/", view(self.export_view), name="knowledge_article_export"),
        ]

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Whoever may add and change articles one by one."""
        return self.has_add_permission(request) and self.has_change_permission(request)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list, with a link to the import for those who may."""
        more = {"may_import": self.has_import_permission(request), **(extra_context or {})}
        return super().changelist_view(request, more)  # type: ignore[misc]

    def export_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Every article as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if kind not in TYPES:
            raise Http404
        return _file(Article.objects.all(), kind)

    @admin.action(description=gettext_lazy("Export the selected articles as CSV"), permissions=["view"])
    def export_csv(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        """The selected ones."""
        return _file(queryset, "csv")

    @admin.action(description=gettext_lazy("Export the selected articles as XLSX"), permissions=["view"])
    def export_xlsx(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        """The selected ones."""
        return _file(queryset, "xlsx")

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for a file; show what it would change; do it when the person agrees to just that."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        if request.method == "POST" and "plan" in request.POST:
            return self._import(request)
        form = UploadForm(request.POST or None, request.FILES or None)
        if not form.is_valid():
            return self._import_page(request, form)
        upload = form.cleaned_data["file"]
        content = upload.read()
        outcome = _run(content, request.user)
        if outcome.plan:
            actions.keep_file(request.user, upload.name, content)
        return self._import_page(request, UploadForm(), outcome, upload.name)

    def _import(self, request: HttpRequest) -> HttpResponse:
        kept = ArticleFile.objects.filter(user=request.user.pk).first()
        if kept is None:
            self.message_user(request, _("The file is not here any more. Please choose it again."), messages.ERROR)
            return HttpResponseRedirect(request.path)
        content = bytes(kept.content)
        summary = _("From the file %(name)s") % {"name": kept.name}
        outcome = _run(content, request.user, summary, request.POST["plan"])
        if outcome.stale:
            warning = _("Articles have been changed since. Look over what the file would change now.")
            self.message_user(request, warning, messages.WARNING)
            outcome = _run(content, request.user)
        if outcome.problems or outcome.plan != request.POST["plan"]:
            return self._import_page(request, UploadForm(), outcome, kept.name)
        actions.drop_file(request.user)
        count = len(outcome.rows)
        message = ngettext("%(n)d article was imported.", "%(n)d articles were imported.", count) % {"n": count}
        self.message_user(request, message, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:knowledge_article_changelist"))

    def _import_page(
        self, request: HttpRequest, form: UploadForm, outcome: Outcome | None = None, name: str = ""
    ) -> HttpResponse:
        context = {"title": _("Import articles"), "form": form, "outcome": outcome, "file_name": name}
        return self.article_page(request, "import", context)


def _run(content: bytes, user: Any, summary: str = "", agreed: str = "") -> Outcome:
    """Read the file and see what it does; nothing is stored unless just that was agreed to and every row is well."""
    from chat.knowledge import sheets, transfer

    try:
        dataset = sheets.read(content)
    except ValidationError as error:
        return Outcome(problems=[(None, message) for message in error.messages])
    resource = transfer.ArticleResource(user, summary, agreed)
    result = resource.import_data(dataset, dry_run=not agreed, rollback_on_validation_errors=True)
    if transfer.plan_changed(result):
        return Outcome(stale=True)
    found = transfer.problems(result)
    return Outcome(problems=found) if found else Outcome(rows=resource.accepted, plan=resource.plan())


def _file(articles: QuerySet[Article], kind: str) -> HttpResponse:
    from chat.knowledge import sheets, transfer

    content = sheets.write(transfer.ArticleResource().export(articles), kind)
    name = f"articles-{timezone.localdate():%Y-%m-%d}.{kind}"
    return HttpResponse(
        content, content_type=TYPES[kind], headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
