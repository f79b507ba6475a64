"""Which engine is better at what: the figures, their pictures, and the pairs behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chat.enums import Language
from chat.knowledge.queries import Titles
from chat.language import page_language
from chat.review.articles import rule_addresses, write_address
from chat.review.charts import PICTURES, THEMES, draw
from chat.review.enums import Audience, Mode
from chat.review.filters import PERIODS, Filters
from chat.review.guards import reader_required, reviewer_required
from chat.review.pairs import RESULTS, Shown, Wanted, pair_page
from chat.review.report import KEPT_S, data_version, report
from chat.review.verdict import verdict


@require_safe
@never_cache
@reviewer_required
def compare(request: HttpRequest) -> HttpResponse:
    """Everything on one page."""
    filters = Filters.of_query(request.GET)
    found = report(filters)
    slugs = {row.slug for row in found.topics}.union(*found.leads.values())
    title = _namer(slugs)
    context = {
        "report": found,
        "verdict": verdict(found, title),
        "topics": [(title(row.slug), row) for row in found.topics],
        "choices": _choices(filters),
        "query": filters.query(),
        "filtered": bool(filters.query()),
    }
    return render(request, "review/compare.html", context)


@require_safe
@never_cache
@reviewer_required
def picture(request: HttpRequest, name: str) -> HttpResponse:
    """One of the page's pictures, in the colours of `theme`."""
    theme = request.GET.get("theme", "light")
    if name not in PICTURES or theme not in THEMES:
        raise Http404
    filters = Filters.of_query(request.GET)
    key = f"review-picture:{name}:{theme}:{get_language()}:{data_version()}:{filters.query()}"
    drawn = cache.get_or_set(key, lambda: draw(name, theme, report(filters)), KEPT_S)
    return HttpResponse(drawn, content_type="image/svg+xml")


@require_safe
@never_cache
@reader_required
def pairs(request: HttpRequest) -> HttpResponse:
    """Both answers of each pair side by side, with the votes."""
    filters, wanted = Filters.of_query(request.GET), Wanted.of_query(request.GET)
    page = pair_page(filters, wanted)
    topics = {pair.topic for pair in page.pairs} | {wanted.topic or ""}
    title, rules = _namer(topics), rule_addresses(request.user, topics)
    context = {
        "wanted": wanted,
        "topic": None if wanted.topic is None else title(wanted.topic),
        "results": [(value, _result(value)) for value in RESULTS],
        "pairs": [_shown(request, pair, title, rules) for pair in page.pairs],
        "older": _address(filters, wanted, page.older) if page.older else "",
        "newest": _address(filters, wanted) if wanted.before else "",
        "back": f"{reverse('review:compare')}?{filters.query()}",
        "kept": [(name, value) for name, value in asdict(filters).items() if value],
    }
    return render(request, "review/pairs.html", context)


def _shown(request: HttpRequest, pair: Shown, title: Callable[[str], str], rules: dict[str, str]) -> dict[str, Any]:
    row = pair.comparison
    page = reverse("admin:chat_conversation_change", args=[row.conversation_id])
    return {
        "pair": pair,
        "topic": title(pair.topic),
        "sides": [
            (row.first_engine, row.first, pair.best == "first"),
            (row.second_engine, row.second, pair.best == "second"),
        ],
        "said": _said(pair),
        "reasons": pair.reasons.most_common(),
        "article": write_address(request.user, row.language, [row.prompt.content]),
        "rule": rules.get(pair.topic, ""),
        "transcript": f"{page}?version={row.first.public_id}#m-{row.first.public_id}",
    }


def _said(pair: Shown) -> list[tuple[str, int]]:
    """The votes, the engines by name; those that nobody cast left out."""
    row, votes = pair.comparison, pair.votes
    said = [(row.first_engine, votes["first"]), (row.second_engine, votes["second"])]
    named = [(name, count) for name, count in said if count]
    rest = [(_result(kind), votes[kind]) for kind in ("tie", "both_bad") if votes[kind]]
    return named + rest


def _namer(slugs: Iterable[str]) -> Callable[[str], str]:
    titles, language = Titles(slug for slug in slugs if slug), page_language()
    return lambda slug: titles.of(slug, language) if slug else _("No article")


def _address(filters: Filters, wanted: Wanted, before: int = 0) -> str:
    return "?" + "&".join(part for part in (filters.query(), wanted.query(before)) if part)


def _result(value: str) -> str:
    return {"won": _("better"), "lost": _("worse"), "tie": _("equally good"), "both_bad": _("both bad")}[value]


def _choices(filters: Filters) -> list[dict[str, Any]]:
    """The filters as fields of a form."""
    periods = [(days, _("Last %(days)s days") % {"days": days}) for days in PERIODS]
    return [
        _choice("days", _("Period"), _("All time"), periods, filters.days),
        _choice("language", _("Language"), _("Both languages"), Language.choices, filters.language),
        _choice("mode", _("Votes"), _("Live and offline"), Mode.choices, filters.mode),
        _choice("asked", _("Raters"), _("Staff and visitors"), Audience.choices, filters.asked),
    ]


def _choice(name: str, label: str, everything: str, options: Iterable[Any], chosen: str) -> dict[str, Any]:
    return {"name": name, "label": label, "options": [("", everything), *options], "chosen": chosen}
