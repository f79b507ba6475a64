"""What the knowledge base lacks: groups of questions, each a step from an article."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from asgiref.sync import async_to_sync
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from chat.enums import Language
from chat.errors import NotFound
from chat.knowledge.queries import Titles
from chat.language import page_language
from chat.review import access, actions
from chat.review.answered import answered_since
from chat.review.articles import write_address
from chat.review.enums import Gap
from chat.review.gaps import GapGroup, gap_groups, group_of, replies_to
from chat.review.guards import reader_required

PAGE = 20
STATES = ("open", "dismissed")


@require_safe
@never_cache
@reader_required
def gaps(request: HttpRequest) -> HttpResponse:
    """The groups, filtered, page by page."""
    wanted = _wanted(request)
    page = Paginator(_matching(gap_groups(), wanted), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": _rows(request, page),
        "questions": sum(len(group.questions) for group in page.paginator.object_list),
        "choices": _choices(wanted),
        "filtered": bool(wanted),
        "wanted": wanted,
        "query": urlencode(wanted),
        "undo": request.GET.get("dismissed", ""),
    }
    return render(request, "review/gaps.html", context)


@require_POST
@reader_required
def dismiss(request: HttpRequest) -> HttpResponse:
    """Put a group aside; it is named by its newest question as the page showed it."""
    question = _question(request)
    group = group_of(str(question.public_id))
    keys = {known.key for known in group.questions} if group else set()
    actions.dismiss_gap(keys, question.created_at, request.user)
    return redirect(_back(request, dismissed=str(question.public_id)))


@require_POST
@reader_required
def restore(request: HttpRequest) -> HttpResponse:
    """Take a group back."""
    group = group_of(str(_question(request).public_id))
    actions.restore_gap({known.key for known in group.questions} if group else set())
    return redirect(_back(request))


def _question(request: HttpRequest) -> Any:
    try:
        return access.get_question(request.user, uuid.UUID(request.POST.get("question", "")))
    except (NotFound, ValueError):
        raise Http404 from None


def _back(request: HttpRequest, **more: str) -> str:
    """The same list as before, as far as it was asked for in words that this page knows."""
    query = {**_known(request.POST), **more}
    return f"{reverse('review:gaps')}?{urlencode(query)}" if query else reverse("review:gaps")


def _wanted(request: HttpRequest) -> dict[str, str]:
    return _known(request.GET)


def _known(values: Any) -> dict[str, str]:
    known: dict[str, Iterable[str]] = {"language": Language.values, "kind": Gap.values, "state": STATES[1:]}
    return {name: values[name] for name, options in known.items() if values.get(name) in options}


def _matching(groups: list[GapGroup], wanted: dict[str, str]) -> list[GapGroup]:
    dismissed = wanted.get("state") == "dismissed"
    return [
        group
        for group in groups
        if group.dismissed == dismissed
        and wanted.get("language", group.newest.language) == group.newest.language
        and ("kind" not in wanted or wanted["kind"] in group.kinds)
    ]


def _rows(request: HttpRequest, page: Page) -> list[dict[str, Any]]:
    groups: list[GapGroup] = list(page.object_list)
    examples = {group.newest.pk: group.examples for group in groups}
    replies = replies_to(question for shown in examples.values() for question in shown[:1])
    answers = async_to_sync(answered_since)([group.newest for group in groups])
    titles = Titles(answers.values())
    return [
        {
            "group": group,
            "newest": group.newest,
            "others": examples[group.newest.pk][1:],
            "kinds": [(str(kind.label), count) for kind, count in group.kinds.most_common()],
            "replies": replies.get(group.newest.pk, []),
            "write": write_address(request.user, group.newest.language, group.wordings),
            "answer": titles.of(answers[group.newest.pk], page_language()) if group.newest.pk in answers else "",
            "transcript": _transcript(group),
        }
        for group in groups
    ]


def _transcript(group: GapGroup) -> str:
    page = reverse("admin:chat_conversation_change", args=[group.newest.conversation])
    return f"{page}?version={group.newest.public_id}#m-{group.newest.public_id}"


def _choices(wanted: dict[str, str]) -> list[dict[str, Any]]:
    states = {"open": _("Open"), "dismissed": _("Dismissed")}
    return [
        _choice("language", _("Language"), [("", _("Both languages")), *Language.choices], wanted),
        _choice("kind", _("Why"), [("", _("All reasons")), *Gap.choices], wanted),
        _choice("state", _("State"), [("", states["open"]), ("dismissed", states["dismissed"])], wanted),
    ]


def _choice(name: str, label: str, options: Iterable[Any], wanted: dict[str, str]) -> dict[str, Any]:
    return {"name": name, "label": label, "options": list(options), "chosen": wanted.get(name, "")}
