"""What actions.py gives out and takes in: a turn with its replies, the end of a reply, a conversation's first title."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chat.enums import Status
from chat.models import Message

TITLE_CHARS = 60


@dataclass(frozen=True, slots=True)
class Turn:
    """A visitor's message and its reply; `created` is False when the same message was sent before.

    `rival` is the second reply when two are compared; `reply` is then the one on side A.
    """

    message: Message
    reply: Message
    created: bool = True
    titled: bool = False
    rival: Message | None = None

    @property
    def replies(self) -> list[Message]:
        """One reply, or both."""
        return [self.reply] if self.rival is None else [self.reply, self.rival]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a reply ended, with the facts for its generation record (field -> value)."""

    status: Status
    facts: dict[str, Any]
    error_code: str = ""
    retry_after_s: float | None = None


def title_of(text: str) -> str:
    """The beginning of the first message, as one line."""
    line = " ".join(text.split())
    return line if len(line) <= TITLE_CHARS else line[: TITLE_CHARS - 1].rstrip() + "…"
