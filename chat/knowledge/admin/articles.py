"""The list of articles and the editor's page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from chat.enums import Language
from chat.knowledge import actions
from chat.knowledge.admin import filters
from chat.knowledge.admin.files import FilePages
from chat.knowledge.admin.forms import ArticleForm
from chat.knowledge.admin.revisions import LANG, RevisionPages
from chat.knowledge.admin.trying import TryPages
from chat.knowledge.enums import ArticleState, RevisionState
from chat.knowledge.errors import KnowledgeError
from chat.knowledge.models import Article, ArticleText, Revision
from chat.knowledge.queries import newest_revisions

FIELDSETS: Any = (
    (None, {"fields": ("slug", "tags", "based_on")}),
    (gettext_lazy("English"), {"fields": ("question_en", "answer_en", "examples_en"), "classes": ("dl-half",)}),
    (
        gettext_lazy("Simplified Chinese"),
        {"fields": ("question_zh", "answer_zh", "examples_zh"), "classes": ("dl-half",)},
    ),
    (gettext_lazy("What the rules know"), {"fields": ("keywords", "patterns")}),
    (gettext_lazy("This change"), {"fields": ("summary", "policy")}),
)


@admin.register(Article)
class ArticleAdmin(RevisionPages, FilePages, TryPages, admin.ModelAdmin):
    """Articles are edited as drafts; every stored change is a revision, and one of them is published."""

    form = ArticleForm
    fieldsets = FIELDSETS
    list_display = ("heading", "state_shown", "tags_shown", "policy_shown", "updated_at")
    list_filter = (filters.StateFilter, filters.MissingLanguageFilter, filters.TagFilter)
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER  # they count the table once for every choice
    search_fields = ("slug",)  # for the box to be there; the search is ours
    search_help_text = gettext_lazy("Slug, question or answer")
    actions = ("retire_selected", "export_csv", "export_xlsx")

    class Media:
        css = {"all": ["chat/admin.css", "knowledge/admin.css"]}

    def get_urls(self) -> list[URLPattern]:
        """With the pages of revisions, files and the trial, before the catch-all."""
        return [*self.revision_urls(), *self.file_urls(), *self.try_urls(), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the newest revision and its titles: two more queries for a whole page of the list."""
        titles = Prefetch("texts", ArticleText.objects.only("revision_id", "language", "question"))
        newest = newest_revisions().order_by().prefetch_related(titles)
        return super().get_queryset(request).prefetch_related(Prefetch("revisions", newest, to_attr="newest"))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """In slugs, questions and answers, without repeated rows."""
        return filters.search(queryset, search_term), False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Answers cite an article by its slug, so that it stays."""
        return ("slug",) if obj else ()

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The editor's page. Who was slower by a moment gets the same page as one who was slower by a minute."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except KnowledgeError:  # what was stored is rolled back; the form sees now what it could not see before
            return super().changeform_view(request, object_id, form_url, extra_context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The editor's page, or the revisions for those who can only look."""
        if self.has_view_permission(request) and not self.has_change_permission(request):
            return HttpResponseRedirect(reverse("admin:knowledge_article_history", args=[object_id]))
        return super().change_view(request, object_id, form_url, extra_context)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """With what is published and what waits."""
        article = context.get("original")
        context |= {"published": _published(article), "newest": context["adminform"].form.newest}
        context["stale"] = context["adminform"].form.stale
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Article, form: ModelForm, change: bool) -> None:
        """A draft, published as well when the button says so; and who answers."""
        written: ArticleForm = form  # type: ignore[assignment]
        facts = (written.draft, request.user, written.cleaned_data.get("summary", ""))
        article = obj if change else None
        revision = actions.save_draft(article, *facts, based_on=written.cleaned_data.get("based_on"))
        if "_publish" in request.POST:
            revision = actions.publish(revision, request.user)
        actions.set_policy(revision.article, obj.policy, request.user)
        obj.pk = revision.article_id
        obj.refresh_from_db()
        written.stored = revision

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """What became of it, for the list of recent actions."""
        return _outcome(form.stored)

    def response_add(self, request: HttpRequest, obj: Article, post_url_continue: str | None = None) -> HttpResponse:
        """Back to the page, which says what is published."""
        return self.response_change(request, obj)

    def response_change(self, request: HttpRequest, obj: Article) -> HttpResponse:
        """Back to the page, which says what is published."""
        newest = obj.revisions.order_by("-number").first()
        if newest:
            self.message_user(request, _outcome(newest), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:knowledge_article_change", args=[obj.pk]))

    def delete_model(self, request: HttpRequest, obj: Article) -> None:
        """One article with its revisions."""
        actions.delete_articles(Article.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Several articles with their revisions."""
        actions.delete_articles(Article.objects.filter(pk__in=queryset.values("pk")))

    @admin.action(description=gettext_lazy("Retire the selected articles"), permissions=["change"])
    def retire_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        """They stay, and nothing of them is published."""
        count = actions.retire_all(Article.objects.filter(pk__in=queryset.values("pk")), request.user)
        message = ngettext("%(n)d article was retired.", "%(n)d articles were retired.", count)
        self.message_user(request, message % {"n": count}, messages.SUCCESS)

    @admin.display(description=gettext_lazy("article"), ordering="slug")
    def heading(self, article: Any) -> SafeString:
        """The question in both languages, one below the other, then the slug."""
        texts = article.newest[0].texts.all() if article.newest else []
        known = {text.language: text.question for text in texts}
        rows = [(LANG[language], known.get(language, "–")) for language in Language]
        titles = format_html_join("", '<span class="dl-title" lang="{}">{}</span>', rows)
        return format_html('{}<span class="dl-slug">{}</span>', titles, article.slug)

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_shown(self, article: Any) -> SafeString:
        """The state, and whether a draft waits to be published."""
        chip = format_html(
            '<span class="dl-chip" data-state="{}">{}</span>', article.state, article.get_state_display()
        )
        waits = article.newest and article.newest[0].state == RevisionState.DRAFT
        if not waits or article.state == ArticleState.DRAFT:
            return chip
        return format_html('{} <span class="dl-chip" data-state="draft">{}</span>', chip, _("draft waits"))

    @admin.display(description=gettext_lazy("tags"))
    def tags_shown(self, article: Any) -> str:
        """Of the newest revision."""
        return ", ".join(map(str, article.newest[0].tags)) if article.newest else "–"

    @admin.display(description=gettext_lazy("who answers"), ordering="policy")
    def policy_shown(self, article: Article) -> str:
        """Where it is not as the site says."""
        return article.get_policy_display() or "–"


def _published(article: Article | None) -> Revision | None:
    if article is None:
        return None
    return article.revisions.filter(state=RevisionState.PUBLISHED).select_related("published_by").first()


def _outcome(revision: Revision) -> str:
    if revision.state == RevisionState.PUBLISHED:
        return _("Revision %(number)d is published.") % {"number": revision.number}
    return _("Revision %(number)d is stored as a draft. Visitors do not see it yet.") % {"number": revision.number}
