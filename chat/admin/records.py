"""Generation records and people in words that staff can read."""

from __future__ import annotations

import json
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from chat import comparing
from chat.answerers import engine_name, reasons
from chat.enums import Side
from chat.models import Conversation, Generation, Message
from chat.reply_errors import sentence

NO_BREAK = "\N{NO-BREAK SPACE}"
TEXTS = ("assistant", "backend", "checkpoint", "checkpoint_sha256")
WHOLE_NUMBERS = ("prompt_tokens", "completion_tokens", "truncated_tokens")
TIMES = ("queue_ms", "first_token_ms", "total_ms")
LOG_PROBABILITIES = ("mean_logprob", "min_logprob")


def facts(record: Generation) -> list[tuple[str, str]]:
    """Every field of the record but the sources with its name, in the order in which one asks for them."""
    return [
        (_name("answered_by"), engine_name(record.answered_by) or "–"),
        (_name("reason"), " ".join(reasons(record)) or "–"),
        (_name("confidence"), _number(record.confidence, 2)),
        (_name("abstained"), _("Yes") if record.abstained else _("No")),
        *((_name(field), getattr(record, field) or "–") for field in TEXTS),
        (_name("sampling"), _sampling(record.sampling)),
        (_name("seed"), "–" if record.seed is None else str(record.seed)),
        *((_name(field), _number(getattr(record, field), 0)) for field in WHOLE_NUMBERS),
        *((_name(field), _number(getattr(record, field), 0)) for field in TIMES),
        (_name("finish_reason"), record.finish_reason or "–"),
        *((_name(field), _number(getattr(record, field), 3)) for field in LOG_PROBABILITIES),
        (_name("error_class"), _error(record.error_class)),
    ]


def headline(record: Generation) -> str:
    """The record in one line: what answered, how much, how long."""
    parts = [engine_name(record.answered_by) or record.backend, record.checkpoint]
    if record.abstained:
        parts.append(_("did not know"))
    if record.completion_tokens is not None:
        parts.append(_("%(number)s tokens") % {"number": _number(record.completion_tokens, 0)})
    if record.total_ms is not None:
        parts.append(_duration(record.total_ms))
    return " · ".join(part.replace(" ", NO_BREAK) for part in parts if part)


def sources(record: Generation) -> list[str]:
    """The slugs of the cited articles."""
    return [str(slug) for slug in record.sources] if isinstance(record.sources, list) else []


def vote(message: Message) -> list[str]:
    """Under the second of two compared answers: what the visitor said of them, in a few sentences."""
    if message.side != Side.B or message.parent is None:
        return []
    verdict = comparing.records().verdict(message.parent)
    if verdict is None:
        return [_("Two answers were shown side by side; there was no vote.")]
    labels = dict(label for found in comparing.records().reasons().values() for label in found)
    parts = [str(verdict.better.label), *(labels.get(code, code) for code in verdict.reasons)]
    if verdict.guess and verdict.guess != comparing.UNSURE:
        guess = (
            _("Guessed that A was written by %(engine)s: right.")
            if verdict.guess_right
            else _("Guessed that A was written by %(engine)s: not right.")
        )
        parts.append(guess % {"engine": comparing.records().label(verdict.guess)})
    return parts


def person(conversation: Conversation) -> str:
    """Whose conversation it is. A visitor's id is not shown: it tells staff nothing."""
    return conversation.owner.get_username() if conversation.owner else _("Visitor without an account")


def person_kind(actor: str) -> str:
    """What kind of person an actor ("user:<pk>", "visitor:<id>") is."""
    return _("Signed-in visitor") if actor.startswith("user:") else _("Visitor without an account")


def _name(field: str) -> str:
    return str(Generation._meta.get_field(field).verbose_name)  # type: ignore[union-attr]


def _number(value: float | None, places: int) -> str:
    return "–" if value is None else number_format(round(value, places), decimal_pos=places, force_grouping=True)


def _duration(ms: float) -> str:
    """Rules answer within milliseconds, which as seconds would read "0.0"."""
    if ms < 1000:
        return _("%(number)s ms") % {"number": _number(ms, 0)}
    return _("%(number)s s") % {"number": _number(ms / 1000, 1)}


def _sampling(sampling: Any) -> str:
    if not isinstance(sampling, dict) or not sampling:
        return "–"
    return ", ".join(f"{name} {json.dumps(value, ensure_ascii=False)}" for name, value in sampling.items())


def _error(code: str) -> str:
    return f"{code}: {sentence(code)}" if code else "–"
