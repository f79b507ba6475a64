"""What a person may choose on the chat page: an assistant, and for staff an engine."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from chat import assisting
from chat.access import Actor
from chat.assistants.engines import engines
from chat.assistants.models import Assistant
from chat.models import Conversation

Json = dict[str, Any]


def choices_json(actor: Actor, conversation: Conversation | None, wanted: str, usual: list[str]) -> Json | None:
    """The assistants and engines to choose from; None where there is nothing to choose and nothing to name.

    `wanted` is the assistant that the page's address asks for, `usual` what to begin with where an assistant
    has no questions of its own. The default assistant's slug is empty, as everywhere on the wire.
    """
    offered = assisting.offered(actor)
    staff = assisting.is_staff(actor)
    own = conversation.assistant if conversation else None
    if len(offered) < 2 and not staff and own is None:
        return None
    found = [_assistant_json(one, usual) for one in offered]
    slug = _slug(own) if conversation else next((one["slug"] for one in found if one["slug"] == wanted), "")
    return {
        "offered": found,
        "names": {one["slug"]: one["name"] for one in [*found, *([_assistant_json(own, usual)] if own else [])]},
        "engines": engines_json() if staff else [],
        "chosen": {"assistant": slug, "engine": conversation.engine if conversation else ""},
        "starters": next((one["starters"] for one in found if one["slug"] == slug), usual),
    }


def engines_json() -> list[Json]:
    """Every engine with its label, and its state where it is not ready."""
    return [{"name": one.name, "label": _engine_words(one.label, one.state)} for one in engines()]


def _engine_words(label: str, state: str) -> str:
    return _("%(engine)s (%(state)s)") % {"engine": label, "state": state} if state else label


def _slug(assistant: Assistant | None) -> str:
    return "" if assistant is None or assistant.is_default else assistant.slug


def _assistant_json(assistant: Assistant, usual: list[str]) -> Json:
    return {
        "slug": _slug(assistant),
        "name": assistant.name,
        "summary": assistant.summary,
        "starters": assistant.text("starters") or usual,
    }
