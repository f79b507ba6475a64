"""Two answers side by side: what the chat asks of the room that keeps comparisons and votes.

That room (chat.review) knows the chat and not the other way round, so it connects itself here when Django
starts. Without it nothing is compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from django.conf import settings

import inference
from chat.access import Actor
from chat.enums import Better
from chat.models import Conversation, Message

UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Contest:
    """Which two engines answer, and who was asked to compare ("staff", "visitor")."""

    engines: tuple[str, str]
    audience: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the conversation's owner said. `guess`: the engine taken for A's author, UNSURE, or empty."""

    better: Better
    reasons: tuple[str, ...] = ()
    guess: str = ""
    guess_right: bool | None = None


class Records(Protocol):
    """Where comparisons and votes are kept. A comparison is named by its question."""

    def is_reviewer(self, actor: Actor) -> bool:
        """Whether comparing is this person's work."""

    def begin(self, a: Message, b: Message, contest: Contest) -> None:
        """Keep that these replies are compared; the contest's engines are in the order of the sides."""

    def engines(self, question: Message) -> tuple[str, str]:
        """Who wrote A and who wrote B."""

    def verdict(self, question: Message) -> Verdict | None:
        """What the conversation's owner said, if they did."""

    def vote(self, question: Message, verdict: Verdict) -> None:
        """Keep what the owner says. Raises Conflict when they said something else before."""

    def claim(self, visitor: Actor, user: Actor) -> None:
        """A visitor's votes are this account's from now on."""

    def label(self, engine: str) -> str:
        """An engine's name as people read it."""

    def reasons(self) -> dict[str, list[tuple[str, str]]]:
        """What can be ticked, code and label, for a "better" answer and for two "bad" ones."""


_records: Records | None = None


def connect(records: Records | None) -> None:
    """Set where comparisons are kept."""
    global _records
    _records = records


def records() -> Records:
    """Where comparisons are kept."""
    if _records is None:
        raise RuntimeError("chat.review is not installed, so nothing can be compared.")
    return _records


def contest_for(actor: Actor) -> Contest | None:
    """What this person may compare; None when it is not offered to them."""
    engines = tuple(settings.CHAT_COMPARE["engines"])
    if _records is None or not set(engines) <= set(inference.backend_names()) or len(set(engines)) != 2:
        return None
    audience = _audience(actor)
    return Contest((engines[0], engines[1]), audience) if audience else None


def claim(visitor: Actor, user: Actor) -> None:
    """Take a visitor's votes along into the account."""
    if _records is not None:
        _records.claim(visitor, user)


def owner_of(conversation: Conversation) -> Actor:
    """The only person who can vote in a conversation."""
    return Actor(conversation.owner_id, conversation.visitor)


def _audience(actor: Actor) -> str:
    offered = settings.CHAT_COMPARE["offered_to"]
    if offered == "off":
        return ""
    if records().is_reviewer(actor):
        return "staff"
    return "visitor" if offered == "visitors" else ""
