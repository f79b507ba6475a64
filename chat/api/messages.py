"""The conversation in a body: roles, texts and parts of texts, within the limits."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from chat.api.errors import BadRequest
from chat.api.fields import Reader
from inference import ChatMessage, Role

ROLES = {
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "user": Role.USER,
    "assistant": Role.ASSISTANT,
}
# What clients send along when they give an answer of ours back as it was.
NEUTRAL: dict[str, tuple[Any, ...]] = {
    "refusal": (),
    "tool_calls": ([],),
    "function_call": (),
    "audio": (),
    "annotations": ([],),
}


def read(found: Any) -> tuple[ChatMessage, ...]:
    """The messages, oldest first. Raises BadRequest."""
    limit = settings.API_LIMITS["messages"]
    if not isinstance(found, list) or not 1 <= len(found) <= limit:
        raise BadRequest(f"messages must be a list of 1 to {limit} messages.", "messages", "invalid_value")
    turns = tuple(_message(item, f"messages[{number}]") for number, item in enumerate(found))
    check_chars(sum(len(turn.content) for turn in turns), "messages")
    if turns[-1].role is Role.SYSTEM:
        raise BadRequest("The last message must be the user's or the assistant's.", "messages", "invalid_value")
    return turns


def check_chars(number: int, name: str) -> None:
    """Refuse more characters in all than the limit."""
    limit = settings.API_LIMITS["chars"]
    if number > limit:
        raise BadRequest(f"{name} must hold at most {limit} characters.", name, "context_length_exceeded")


def check_text(text: str, name: str) -> None:
    """Refuse what is no text."""
    Reader({name: text}).text(name)


def _message(found: Any, where: str) -> ChatMessage:
    if not isinstance(found, dict):
        raise BadRequest(f"{where} must be an object.", where, "invalid_value")
    reader = Reader(found, f"{where}.")
    role = reader.text("role")
    if role not in ROLES:
        raise reader.wrong("role", ", ".join(ROLES))
    content = _content(reader, where)
    reader.text("name")  # whose words these are makes no difference here
    for name, values in NEUTRAL.items():
        reader.neutral(name, *values)
    reader.end()
    return ChatMessage(ROLES[role], content)


def _content(reader: Reader, where: str) -> str:
    found = reader.any("content")
    if not isinstance(found, list):
        text = Reader({"content": found}, f"{where}.").text("content")
        if text is None:
            raise reader.wrong("content", "a string or a list of texts")
        return text
    return "".join(_part(part, f"{where}.content[{number}]") for number, part in enumerate(found))


def _part(found: Any, where: str) -> str:
    kind = found.get("type") if isinstance(found, dict) else None
    if kind != "text":
        raise BadRequest(f"{where} must be a text: nothing else can be read here.", where, "unsupported_value")
    reader = Reader({name: value for name, value in found.items() if name != "type"}, f"{where}.")
    text = reader.text("text")
    reader.end()
    if text is None:
        raise reader.wrong("text", "a string")
    return text
