"""Filters and search of the list of articles. All of them are EXISTS subqueries: a join would repeat rows."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils.text import smart_split, unescape_string_literal
from django.utils.translation import gettext_lazy as _

from chat.enums import Language
from chat.knowledge.enums import ArticleState, RevisionState
from chat.knowledge.models import Article, ArticleText, Revision
from chat.knowledge.queries import newest_revisions, used_tags

SEARCH_CHARS = 200
SEARCH_TERMS = 8
WAITING = "waiting"


class StateFilter(admin.SimpleListFilter):
    """By state, or those with a draft that waits to be published."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Every state, and a draft over what is published."""
        return [*ArticleState.choices, (WAITING, _("A draft waits to be published"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Those in this state."""
        if self.value() != WAITING:
            return queryset.filter(state=self.value()) if self.value() else queryset
        return queryset.filter(Exists(Revision.objects.filter(article=OuterRef("pk"), state=RevisionState.DRAFT)))


class TagFilter(admin.SimpleListFilter):
    """Articles whose newest revision has this tag."""

    title = _("tag")
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The tags in use."""
        return [(tag, tag) for tag in used_tags()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """The tags are a JSON list; as text, an element stands there in quotes on every database."""
        if not self.value():
            return queryset
        tagged = newest_revisions().annotate(as_text=Cast("tags", TextField()))
        quoted = json.dumps(self.value(), ensure_ascii=False)
        return queryset.filter(Exists(tagged.filter(article=OuterRef("pk"), as_text__contains=quoted)))


class MissingLanguageFilter(admin.SimpleListFilter):
    """Articles whose newest revision is not written in this language."""

    title = _("language that is missing")
    parameter_name = "missing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Both."""
        return list(Language.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Those without a text."""
        if not self.value():
            return queryset
        newest = newest_revisions().filter(article=OuterRef("pk"), texts__language=self.value())
        return queryset.filter(~Exists(newest))


def search(queryset: QuerySet[Article], words: str) -> QuerySet[Article]:
    """Articles with every word in the slug, a question or an answer, of the newest revision or the published one."""
    terms = [unescape_string_literal(t) if t[0] in "\"'" and t[0] == t[-1] else t for t in _terms(words)]
    newest = Exists(newest_revisions().filter(pk=OuterRef("revision_id")))
    for term in terms:
        texts = ArticleText.objects.filter(
            Q(question__icontains=term) | Q(answer__icontains=term),
            Q(revision__state=RevisionState.PUBLISHED) | Q(newest),
            revision__article=OuterRef("pk"),
        )
        queryset = queryset.filter(Q(slug__icontains=term) | Exists(texts))
    return queryset


def _terms(words: str) -> list[str]:
    return list(smart_split(words[:SEARCH_CHARS]))[:SEARCH_TERMS]
