"""Why an answer is as it is: its page, and the panels that the page asks for when they are opened."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chat.admin import explanations
from chat.admin.records import facts
from chat.answerers import reasons
from chat.errors import NotFound
from chat.knowledge.queries import Titles
from chat.language import page_language
from chat.privacy import rights
from chat.privacy.masking import mask_all
from chat.review import access, actions
from chat.review.explaining.answer import Answer, Words
from chat.review.explaining.computing import Failed, compute
from chat.review.explaining.panels import INSIDE, PANELS, offered, task
from chat.review.guards import reader_required
from inference import InferenceError


@require_safe
@never_cache
@reader_required
def explain(request: HttpRequest, message_id: uuid.UUID) -> HttpResponse:
    """The record at once, everything that has to be computed when it is opened. Who opens it is noted."""
    answer = _answer(request, message_id)
    actions.record_opening(request.user, answer.message)
    eyes, withheld = _eyes(request, answer)
    names = [] if withheld else offered(answer)
    record = answer.record
    if withheld:
        record.explanation = mask_all(answer.explanation)
    language = page_language()
    titles = Titles(answer.sources)
    context = {
        "answer": answer,
        "message": answer.message,
        "record": record,
        "question": eyes(next(iter(reversed(answer.questions)), "")),
        "text": eyes(answer.message.content),
        "withheld": withheld,
        "panels": {name: _address(answer, name) for name in names},
        "inside": [name for name in names if name in INSIDE],
        "sentence": _whose(answer),
        "reasons": reasons(record),
        "facts": facts(record),
        "sources": [(slug, titles.of(slug, language)) for slug in answer.sources],
        "tables": explanations.tables(record),
        "transcript": _transcript(answer),
        "texts": _texts(),
    }
    return render(request, "review/explain/page.html", context)


@require_safe
@never_cache
@reader_required
def panel(request: HttpRequest, message_id: uuid.UUID, name: str) -> HttpResponse:
    """One panel as JSON: {state: "done", html, data}, or "busy" or "failed" with a sentence."""
    answer = _answer(request, message_id)
    if name not in offered(answer):
        raise Http404
    if _eyes(request, answer)[1]:
        raise PermissionDenied
    try:
        asked = task(answer, request.GET)
    except InferenceError:
        raise Http404 from None
    try:
        found = compute(request.user.pk or 0, functools.partial(PANELS[name], asked))
    except Failed as error:
        return JsonResponse({"state": "busy" if error.busy else "failed", "detail": error.detail})
    html = render_to_string(f"review/explain/{found.template}.html", {**found.context, "answer": answer}, request)
    return JsonResponse({"state": "done", "html": html, "data": found.data})


def _answer(request: HttpRequest, message_id: uuid.UUID) -> Answer:
    try:
        return Answer(access.get_answer(request.user, message_id))
    except NotFound:
        raise Http404 from None


def _eyes(request: HttpRequest, answer: Answer) -> tuple[Callable[[str], str], bool]:
    """How this person sees the words, and whether something in them is hidden from them.

    A model's input cannot be shown word by word and masked at once, so its pictures are for those who see all of it.
    """
    eyes = rights.eyes(request.user, answer.message.conversation)
    texts = [answer.message.content, *(turn.content for turn in answer.base.messages)]
    return eyes, any(eyes(text) != text for text in texts)


def _address(answer: Answer, name: str) -> str:
    return reverse("review:explain_panel", args=[answer.message.public_id, name])


def _transcript(answer: Answer) -> str:
    public_id = answer.message.public_id
    page = reverse("admin:chat_conversation_change", args=[answer.message.conversation_id])
    return f"{page}?version={public_id}#m-{public_id}"


def _whose(answer: Answer) -> str:
    """Whose words these are, and so what can be shown."""
    return {
        Words.MODEL: _("These are the model's own words, so every one of them can be looked at."),
        Words.RULES: _("The rules gave this answer: no words were chosen, an article or a fixed text was."),
        Words.QUOTED: _(
            "This is the published article as it stands; the model only named it, and chose none of its words."
        ),
        Words.REFUSED: _(
            "This is a fixed text that says that the answer is not known; the model chose none of its words."
        ),
        Words.ELSEWHERE: _("Another server gave this answer, so its words cannot be looked at one by one."),
        Words.OTHER_CHECKPOINT: _(
            "Another checkpoint than today's gave this answer, or nobody noted which one did because it was cut short."
        ),
        Words.TOO_LARGE: _(
            "The checkpoint is too large for a second copy beside the one that serves, so nothing is computed."
        ),
        Words.NONE: _("There is no finished answer here yet."),
    }[answer.words]


def _texts() -> dict[str, Any]:
    """What the page's module says."""
    return {
        "computing": _("Computing, {n} s so far"),
        "lost": _("The server could not be reached."),
        "again": _("Try again"),
        "of": _("“{word}”: {share}"),
        "token": _("Part"),
        "share": _("Probability"),
        "rank": _("Rank"),
        "likeliest": _("The likeliest here"),
        "chosen": _("said"),
        "inside": _("Look inside at “{word}”"),
        "parts": _("Parts of this word"),
    }
