"""The help pages: what is published, for anybody who reads. They work without JavaScript, and a GET changes nothing."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chat.enums import Language
from chat.errors import RateLimited
from chat.knowledge import search as searching
from chat.knowledge.caching import revalidated
from chat.knowledge.excerpts import description
from chat.knowledge.queries import ArticlePage, article_page, published_list
from chat.knowledge.topics import anchor, by_topic, name, shown_tags
from chat.language import page_language
from chat.limits import address_of, check_rates
from chat.markdown import render_page

QUERY_CHARS = 200
HREFLANG = {Language.ENGLISH: "en", Language.CHINESE: "zh-Hans"}
OWN_NAMES = {Language.ENGLISH: "English", Language.CHINESE: "中文"}

View = Callable[..., HttpResponse]


def in_asked_language(view: View) -> View:
    """`?lang=` decides the language of the whole page: an address that always means the same text."""

    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = request.GET.get("lang")
        if asked in Language.values:
            translation.activate(asked)
        return view(request, *args, **kwargs)

    return wrapped


@require_safe
@revalidated
@in_asked_language
def index(request: HttpRequest) -> HttpResponse:
    """Every article, by topic."""
    language = page_language()
    topics = by_topic(published_list(language))
    return _page(request, "index", {"topics": topics, **_addresses(request, language, Language)})


@require_safe
@revalidated
@in_asked_language
def article(request: HttpRequest, slug: str) -> HttpResponse:
    """One article in the reader's language, or in the one that there is."""
    found = article_page(slug, page_language())
    if found is None:
        return _missing(request, slug)
    context = {
        "article": found,
        "html": _html(found.answer),
        "description": description(found.answer),
        "crumbs": [(anchor(tag), name(tag)) for tag in shown_tags(found.tags)],
        "related": searching.related(slug, found.question, page_language()),
        "other": _other_language(found),
        **_addresses(request, found.language, found.languages),
    }
    return _page(request, "article", context)


@require_safe
@in_asked_language
def search(request: HttpRequest) -> HttpResponse:
    """What is found for some words."""
    query = _query(request.GET.get("q", ""))
    if not query:
        return HttpResponseRedirect(reverse("help:index") + _sticky(request))
    if wait_s := _wait_s(request):
        refused = _page(request, "search", {"query": query, "wait_s": wait_s}, status=429)
        refused["Retry-After"] = str(wait_s)
        return refused
    results = searching.find(query, page_language())
    near = [] if results else searching.closest(query, page_language())
    return _page(request, "search", {"query": query, "results": results, "closest": near})


def _missing(request: HttpRequest, slug: str) -> HttpResponse:
    """Never written, not yet published, or taken back: to a reader that is the same."""
    words = _query(slug.replace("_", " ").replace("-", " "))
    near = [] if _wait_s(request) else searching.closest(words, page_language())
    return _page(request, "missing", {"closest": near}, status=404)


def _page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    context = {"query_chars": QUERY_CHARS, "sticky": _sticky(request), "language": page_language(), **context}
    response = render(request, f"knowledge/{template}.html", context, status=status)
    response["Content-Language"] = page_language()
    return response


def _sticky(request: HttpRequest) -> str:
    """Who came by an address with a language stays in it."""
    asked = request.GET.get("lang")
    return f"?lang={asked}" if asked in Language.values else ""


def _addresses(request: HttpRequest, shown: Language, languages: Iterable[Language]) -> dict[str, Any]:
    """The page's own address, which says its language, and those of its other languages."""
    plain = request.build_absolute_uri(request.path)
    return {
        "canonical": f"{plain}?lang={shown}",
        "alternates": [(HREFLANG[one], f"{plain}?lang={one}") for one in languages],
        "plain": plain,
    }


def _other_language(page: ArticlePage) -> tuple[Language, str] | None:
    """The language to switch to, with its own name for itself."""
    return next(((one, OWN_NAMES[one]) for one in page.languages if one != page.language), None)


def _html(answer: str) -> SafeString:
    """The answer, sanitised; what can be wider than a phone scrolls by itself, with the keyboard too."""
    frame = f'<div class="table" role="group" tabindex="0" aria-label="{escape(_("Table"))}"><table>'
    html = render_page(answer).replace("<table>", frame).replace("</table>", "</table></div>")
    return mark_safe(html.replace("<pre>", '<pre tabindex="0">'))  # noqa: S308 - sanitised; code has no tags left


def _query(text: str) -> str:
    return " ".join(text.replace("\0", " ").split())[:QUERY_CHARS].strip()


def _wait_s(request: HttpRequest) -> int:
    """Searching costs work, so each address has a limit: 0, or in how many seconds it may search again."""
    address = address_of(request.META.get("REMOTE_ADDR") or "", request.META.get("HTTP_X_FORWARDED_FOR", ""))
    try:
        check_rates("help", {"rate_address": address})
    except RateLimited as error:
        return int(error.retry_after_s or 1)
    return 0
