"""The pages that people open. A GET creates nothing."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chat import access, queries
from chat.boot import boot_json
from chat.errors import NotFound
from chat.models import Conversation

ASK_CHARS = 500


@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """The conversation that was used last, or an empty page; always an empty one with ?new=1 or ?assistant=.

    `?ask=` puts a question into the message field, and leaves the sending to the visitor.
    """
    if "new" in request.GET or "assistant" in request.GET:
        return _page(request, None)
    return _page(request, queries.latest_conversation(access.actor_of_request(request)))


@require_safe
@never_cache
def conversation(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """The page of one conversation; 404 if it is somebody else's."""
    try:
        found = access.get_conversation(access.actor_of_request(request), conversation_id)
    except NotFound:
        raise Http404 from None
    return _page(request, found)


def _page(request: HttpRequest, found: Conversation | None) -> HttpResponse:
    boot = boot_json(request, found)
    ask = request.GET.get("ask", "").replace("\0", "").strip()[:ASK_CHARS]
    return render(request, "chat/chat.html", {"boot": boot, "conversation": found, "ask": ask})
