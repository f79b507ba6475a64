"""What a request asks: its last question, and the language to answer in."""

from __future__ import annotations

from inference.retrieval.text import is_chinese
from inference.types import Request, Role


def question_of(request: Request) -> str:
    """The visitor's last words; empty when there are none."""
    return next((turn.content for turn in reversed(request.messages) if turn.role is Role.USER), "")


def question_before(request: Request) -> str:
    """The visitor's words before the last ones; empty when there are none."""
    asked = [turn.content for turn in request.messages if turn.role is Role.USER]
    return asked[-2] if len(asked) > 1 else ""


def language_of(request: Request) -> str:
    """The language that the request names, else that of its question."""
    return request.language or ("zh-hans" if is_chinese(question_of(request)) else "en")
