"""Pages around an article's revisions: the list with what changed, one revision, the preview, retiring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from chat.enums import Language
from chat.knowledge import actions
from chat.knowledge.admin.forms import ArticleForm
from chat.knowledge.admin.pages import ArticlePages
from chat.knowledge.differences import Change, changes
from chat.knowledge.drafts import ArticleDraft, TextDraft
from chat.knowledge.models import Article, Revision
from chat.knowledge.queries import draft_of, revisions_of
from chat.markdown import render

PER_PAGE = 20
LANG = {Language.ENGLISH: "en", Language.CHINESE: "zh-Hans"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A revision with what it changed."""

    revision: Revision
    changes: list[Change]


@dataclass(frozen=True, slots=True)
class Shown:
    """One language as the visitor will see it; `html` is sanitised. No text when it is not written in it."""

    label: Any
    lang: str
    text: TextDraft | None
    html: str


class RevisionPages(ArticlePages):
    """Mixed into the admin of articles."""

    def revision_urls(self) -> list[URLPattern]:
        """Their routes."""
        view = self.admin_site.admin_view
        return [
            path("preview/", view(self.preview_view), name="knowledge_article_preview"),
            path("<int:article_id>/retire/", view(self.retire_view), name="knowledge_article_retire"),
            path(
                "<int:article_id>/revisions/<int:number>/", view(self.revision_view), name="knowledge_article_revision"
            ),
        ]

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Every revision: who, when, what."""
        article = self._article(request, object_id)
        page = Paginator(revisions_of(article), PER_PAGE).get_page(request.GET.get("p"))
        rows = list(page.object_list)
        # The one before the last of this page, to compare with.
        before = revisions_of(article).filter(number__lt=rows[-1].number)[:1] if rows else []
        following = [*rows[1:], *before, None]
        entries = [Entry(row, _changes(older, row)) for row, older in zip(rows, following, strict=False)]
        context = {"title": _("Revisions of %(slug)s") % {"slug": article.slug}, "entries": entries, "page": page}
        return self.article_page(request, "history", context, article)

    def revision_view(self, request: HttpRequest, article_id: int, number: int) -> HttpResponse:
        """One revision as visitors would see it, and what it changed; POST publishes or restores it."""
        article = self._article(request, article_id)
        revision = revisions_of(article).filter(number=number).first()
        if revision is None:
            raise Http404
        if request.method == "POST":
            return self._act(request, article, revision)
        before = revisions_of(article).filter(number__lt=number).first()
        context = {
            "title": _("Revision %(number)d of %(slug)s") % {"number": number, "slug": article.slug},
            "entry": Entry(revision, _changes(before, revision)),
            "before": before,
            "shown": _shown(draft_of(revision)),
        }
        return self.article_page(request, "revision", context, article)

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """What is in the form as visitors would see it; nothing is stored."""
        if not (self.has_change_permission(request) or self.has_add_permission(request)):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        form = ArticleForm(request.POST)
        for field in ("slug", "policy", "summary"):  # no part of what visitors see
            del form.fields[field]
        form.is_valid()
        context = {
            "title": _("Preview"),
            "errors": [
                (form[name].label, error)
                for name, errors in form.errors.items()
                if name in form.fields
                for error in errors
            ],
            "shown": _shown(getattr(form, "draft", ArticleDraft(""))),
        }
        return self.article_page(request, "preview", context)

    def retire_view(self, request: HttpRequest, article_id: int) -> HttpResponse:
        """Publish nothing of an article any more."""
        article = self._article(request, article_id)
        self._must_change(request)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        actions.retire(article, request.user)
        return self._done(request, article, _("This article is retired. Publish it again to undo that."))

    def _act(self, request: HttpRequest, article: Article, revision: Revision) -> HttpResponse:
        self._must_change(request)
        if "publish" in request.POST:
            revision = actions.publish(revision, request.user)
            return self._done(request, article, _("Revision %(number)d is published.") % {"number": revision.number})
        restored = actions.restore(revision, request.user)
        numbers = {"old": revision.number, "new": restored.number}
        message = _("Revision %(old)d is back as the draft %(new)d. Look it over and publish it.") % numbers
        return self._done(request, article, message)

    def _done(self, request: HttpRequest, article: Article, message: str) -> HttpResponse:
        self.log_change(request, article, message)
        self.message_user(request, message, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:knowledge_article_change", args=[article.pk]))

    def _must_change(self, request: HttpRequest) -> None:
        if not self.has_change_permission(request):
            raise PermissionDenied

    def _article(self, request: HttpRequest, key: Any) -> Article:
        if not self.has_view_permission(request):
            raise PermissionDenied
        article = Article.objects.filter(pk=key).first() if str(key).isdecimal() else None
        if article is None:
            raise Http404
        return article


def _changes(older: Revision | None, newer: Revision) -> list[Change]:
    return changes(draft_of(older) if older else None, draft_of(newer))


def _shown(draft: ArticleDraft) -> list[Shown]:
    found = [(language, draft.texts.get(language)) for language in Language]
    return [
        Shown(language.label, LANG[language], text, render(text.answer) if text else "") for language, text in found
    ]
