"""The page on which answers are reviewed, and what its script asks for."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from chat import actions as chat_actions
from chat.errors import BadCommand, NotFound
from chat.http import json_body, private_json
from chat.privacy.rights import eyes
from chat.review import access, actions, ideals, waiting
from chat.review.actions import Scorecard
from chat.review.enums import Purpose, SkipReason
from chat.review.errors import IdealRefused
from chat.review.guards import rater_required
from chat.review.models import Assignment, ReviewQueue
from chat.review.queue_texts import queue_texts
from chat.review.showing import item_json, masked_answer, reveal_json

AHEAD = 2  # the item that is shown and the next one
MAX_COMMENT = 2000
FIELDS = ("version", "levels", "causes", "ideal_answer", "ideal_source", "comment", "active_ms")
_ANY = uuid.UUID(int=0)


@require_safe
@never_cache
@rater_required
def page(request: HttpRequest) -> HttpResponse:
    """An empty desk; the script asks for the items."""
    deciding = _deciding(request, "decide" in request.GET)
    may_decide = access.may_decide(request.user)
    queue = waiting.the_queue()
    data = {"urls": _urls(), "texts": queue_texts(), "decide": deciding}
    waits = waiting.left_for(queue, request.user, Purpose.ADJUDICATE) if queue and may_decide else 0
    context = {"data": data, "deciding": deciding, "may_decide": may_decide, "waiting": waits}
    return render(request, "review/queue.html", context)


@require_POST
@rater_required
@private_json
def next_items(request: HttpRequest) -> HttpResponse:
    """What comes next and the page does not have yet; `have` are the items that it holds."""
    body = json_body(request, "have", "decide")
    queue, purpose = _queue(), _purpose(request, body["decide"])
    have = set(body["have"]) if isinstance(body["have"], list) and len(body["have"]) <= AHEAD else set()
    given = actions.reserve(queue, request.user, AHEAD, purpose)
    fresh = [access.get_assignment(request.user, one.public_id) for one in given if str(one.public_id) not in have]
    chat_actions.record_transcript_reads(request.user, [one.item.message.conversation for one in fresh], "read")
    items = [item_json(one, request.user) for one in fresh]
    return JsonResponse({"items": items, "progress": _progress(queue, request, purpose)})


@require_POST
@rater_required
@private_json
def submit(request: HttpRequest, assignment_id: uuid.UUID) -> HttpResponse:
    """A scorecard."""
    assignment = _assignment(request, assignment_id)
    masked_answer(assignment, request.user)
    review = actions.submit(assignment, _scorecard(json_body(request, *FIELDS), assignment))
    progress = _progress(assignment.item.queue, request, Purpose(assignment.purpose))
    return JsonResponse({"progress": progress, "reveal": reveal_json(review, request.user)})


@require_POST
@rater_required
@private_json
def skip(request: HttpRequest, assignment_id: uuid.UUID) -> HttpResponse:
    """Leave it to others."""
    assignment = _assignment(request, assignment_id)
    reason = json_body(request, "reason")["reason"]
    if reason not in SkipReason.values:
        raise BadCommand()
    actions.skip(assignment, SkipReason(reason))
    return JsonResponse({"progress": _progress(assignment.item.queue, request, Purpose(assignment.purpose))})


@require_POST
@rater_required
@private_json
def undo(request: HttpRequest) -> HttpResponse:
    """The last review back on the desk."""
    json_body(request)
    queue = _queue()
    back, said = actions.undo(queue, request.user)
    assignment = access.get_assignment(request.user, back.public_id)
    progress = _progress(queue, request, Purpose(assignment.purpose))
    return JsonResponse({"item": item_json(assignment, request.user, said), "progress": progress})


@require_safe
@rater_required
@private_json
def ideal(request: HttpRequest, assignment_id: uuid.UUID) -> HttpResponse:
    """Texts to begin an ideal answer from."""
    answer = masked_answer(_assignment(request, assignment_id), request.user)
    see = eyes(request.user, answer.conversation)  # other versions come as they are stored
    return JsonResponse({"beginnings": [{**asdict(one), "text": see(one.text)} for one in ideals.beginnings(answer)]})


@require_POST
@rater_required
@private_json
def difference(request: HttpRequest, assignment_id: uuid.UUID) -> HttpResponse:
    """An ideal answer beside what was said, and what is wrong with it."""
    answer = masked_answer(_assignment(request, assignment_id), request.user)
    text = json_body(request, "text")["text"]
    if not isinstance(text, str):
        raise BadCommand()
    lines = [[asdict(piece) for piece in line] for line in ideals.difference(text, answer.content)]
    return JsonResponse({"lines": lines, "problems": ideals.problems(text, answer) if text.strip() else []})


def _queue() -> ReviewQueue:
    queue = waiting.the_queue()
    if queue is None:
        raise NotFound()
    return queue


def _assignment(request: HttpRequest, assignment_id: uuid.UUID) -> Assignment:
    found = access.get_assignment(request.user, assignment_id)
    _purpose(request, found.purpose == Purpose.ADJUDICATE)
    return found


def _purpose(request: HttpRequest, decide: Any) -> Purpose:
    return Purpose.ADJUDICATE if _deciding(request, decide is True) else Purpose.REVIEW


def _deciding(request: HttpRequest, asked: bool) -> bool:
    if asked and not access.may_decide(request.user):
        raise NotFound()
    return asked


def _progress(queue: ReviewQueue, request: HttpRequest, purpose: Purpose) -> dict[str, int]:
    return {"today": waiting.done_today(request.user), "left": waiting.left_for(queue, request.user, purpose)}


def _scorecard(body: dict[str, Any], assignment: Assignment) -> Scorecard:
    """What the page sent, as far as it has the right shapes; the action looks at the values."""
    levels, causes, version, spent = body["levels"], body["causes"], body["version"], body["active_ms"]
    texts = [body[name] for name in ("ideal_answer", "ideal_source", "comment")]
    if not (isinstance(levels, dict) and isinstance(causes, dict) and all(isinstance(text, str) for text in texts)):
        raise BadCommand()
    if not all(_is_level(value) for value in levels.values()) or not all(
        isinstance(key, str) for key in causes.values()
    ):
        raise BadCommand()
    if type(version) is not int or type(spent) is not int or len(texts[2]) > MAX_COMMENT:
        raise BadCommand()
    return Scorecard(version, levels, causes, _ideal(texts[0], assignment), texts[1], texts[2].strip(), spent)


def _is_level(value: Any) -> bool:
    return value is None or (type(value) is int and 0 < value < 100)


def _ideal(text: str, assignment: Assignment) -> str:
    """Empty where it says what was said."""
    answer = assignment.item.message
    text = text.strip()
    if not text or text == answer.content.strip():
        return ""
    if found := ideals.problems(text, answer):
        raise IdealRefused(" ".join(found))
    return text


def _urls() -> dict[str, str]:
    """Addresses by name; "{id}" stands for an item's id."""
    found = {name: reverse(f"review:queue_{name}") for name in ("next", "undo")}
    for name in ("submit", "skip", "ideal", "difference"):
        found[name] = reverse(f"review:queue_{name}", args=[_ANY]).replace(str(_ANY), "{id}")
    return found
