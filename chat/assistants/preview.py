"""What a model is told for an assistant, as the chat will tell it: for the editor's eye."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from chat.assistants.engines import engine_of, is_large
from chat.assistants.models import Assistant
from chat.assistants.results import read_fields, schema

LANGUAGES = (("en", "en"), ("zh", "zh-Hans"))


@dataclass(frozen=True, slots=True)
class Shown:
    """One language: the instructions, and the schema as JSON (empty without a result)."""

    lang: str
    instructions: str
    schema: str


def instructions_of(assistant: Assistant | None, engine: str, language: str) -> str:
    """The text in front of the conversation.

    The operator's own stay in front for the default assistant. An engine that is no large language model gets no
    others: it cannot follow them, and they would take the place of what it reads.
    """
    parts = [settings.CHAT_INSTRUCTIONS] if assistant is None or assistant.is_default else []
    if assistant is not None and is_large(engine):
        parts.append(assistant.text("instructions", language).strip())
    return "\n\n".join(filter(None, parts))


def preview(assistant: Assistant) -> dict[str, Any]:
    """What its engine is told, in both languages."""
    engine = engine_of(assistant)
    large = is_large(engine)
    fields = read_fields(assistant.result_fields) if large else ()
    shown = [_shown(assistant, engine, *names, fields) for names in LANGUAGES]
    return {"large": large, "articles": assistant.articles or not large, "shown": shown}


def _shown(assistant: Assistant, engine: str, language: str, lang: str, fields: Any) -> Shown:
    found = schema(fields, language)
    text = json.dumps(found, indent=2, ensure_ascii=False) if found else ""
    return Shown(lang, instructions_of(assistant, engine, language), text)
