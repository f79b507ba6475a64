"""What a chat page is told when it loads; the page's scripts read it from one JSON element."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from chat import comparing, queries, serializers
from chat.access import Actor, actor_of_request, visitor_of_request
from chat.choices import choices_json
from chat.enums import FeedbackReasonCode, Language
from chat.knowledge.queries import published_questions
from chat.knowledge.topics import STARTER
from chat.language import page_language
from chat.models import Conversation
from chat.page_texts import compare_texts, page_texts

STARTERS = 4
_SAMPLE_ID = uuid.UUID(int=0)


def boot_json(request: HttpRequest, conversation: Conversation | None) -> dict[str, Any]:
    """The page's start: addresses, texts, limits, and which conversation to open."""
    actor = actor_of_request(request)
    usual = starters(page_language())
    choices = choices_json(actor, conversation, request.GET.get("assistant", ""), usual)
    return {
        "conversation": serializers.conversation_json(conversation) if conversation else None,
        "urls": _urls(),
        "texts": page_texts(),
        "limits": {name: settings.CHAT_LIMITS[name] for name in ("message_chars", "frame_bytes")},
        "starters": choices["starters"] if choices else usual,
        "signed_in": actor.signed_in,
        "username": request.user.get_username(),
        "claimable": queries.count_conversations(visitor_of_request(request)) if actor.signed_in else 0,
        "language": page_language(),
        "reasons": {"good": _reasons(good=True), "bad": _reasons(good=False)},
        "model": serializers.model_json(),
        "compare": _compare(actor, conversation),
        "choices": choices,
    }


def starters(language: Language) -> list[str]:
    """A few questions to begin with, as customers ask them: of articles with the tag "starter", else of some of all."""
    found = published_questions(language, 500)
    chosen = [row for row in found if STARTER in row[2]] or found[:: max(1, len(found) // STARTERS)]
    return [examples[0] if examples else title for title, examples, _tags in chosen[:STARTERS]]


def _compare(actor: Actor, conversation: Conversation | None) -> dict[str, Any] | None:
    """For those who may compare answers, and where two are shown already."""
    offered = comparing.contest_for(actor) is not None
    if not offered and (conversation is None or queries.shown_pair(conversation) is None):
        return None
    records = comparing.records()
    reasons = records.reasons()
    return {
        "offered": offered,
        "texts": compare_texts(),
        "engines": [{"code": name, "label": records.label(name)} for name in settings.CHAT_COMPARE["engines"]],
        "reasons": {kind: [{"code": code, "label": label} for code, label in found] for kind, found in reasons.items()},
    }


def _reasons(good: bool) -> list[dict[str, str]]:
    codes = [code for code in FeedbackReasonCode if code.startswith("good_") == good]
    return [{"code": code.value, "label": str(code.label)} for code in codes]


def _urls() -> dict[str, str]:
    """Addresses by name; "{id}" stands for a conversation's id. A room that is not installed has none."""
    names = {name: f"chat:{name}" for name in ("home", "create", "list", "claim")}
    names |= {name: name for name in ("login", "logout", "signup", "set_language")}
    found = {name: _address(route) for name, route in names.items()}
    for name in ("conversation", "command", "poll", "rename", "delete", "restore"):
        found[name] = reverse(f"chat:{name}", args=[_SAMPLE_ID]).replace(str(_SAMPLE_ID), "{id}")
    return {**found, "socket": "/ws/c/{id}/"}


def _address(route: str) -> str:
    try:
        return reverse(route)
    except NoReverseMatch:
        return ""
