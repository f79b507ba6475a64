"""Which assistant answers a conversation, and who may choose which: what the chat asks of the room of assistants."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _

import inference
from chat.access import Actor
from chat.assistants.engines import engine_of, is_large, problem
from chat.assistants.enums import Audience
from chat.assistants.models import Assistant
from chat.assistants.preview import instructions_of
from chat.assistants.results import read_fields, schema
from chat.comparing import owner_of
from chat.errors import Conflict, NotFound
from chat.models import Conversation, Message


@dataclass(frozen=True, slots=True)
class Plan:
    """What the record of a new reply begins with."""

    engine: str
    sampling: dict[str, Any]
    assistant: str = ""
    result_fields: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Told:
    """What an engine is told beside the conversation."""

    instructions: str = ""
    articles: bool = True
    schema: dict[str, Any] = field(default_factory=dict)


def is_staff(actor: Actor) -> bool:
    """Whether this person works here, as the database has it now."""
    if actor.user_id is None:
        return False
    return get_user_model().objects.filter(pk=actor.user_id, is_active=True, is_staff=True).exists()


def offered(actor: Actor) -> list[Assistant]:
    """The assistants that this person may begin a conversation with, the default first."""
    rows = Assistant.objects.filter(enabled=True, audience__in=_audiences(actor))
    return [row for row in rows if row.is_default or not problem(row)]


def pick(actor: Actor, slug: str) -> Assistant | None:
    """The assistant of that name if it is offered to this person, else NotFound. None stands for the default."""
    if not slug:
        return None
    found = next((row for row in offered(actor) if row.slug == slug), None)
    if found is None:
        raise NotFound(_("This assistant is not offered here."))
    return None if found.is_default else found


def pick_engine(actor: Actor, name: str) -> str:
    """The engine if this person may choose one, else NotFound. An empty name leaves it to the assistant."""
    if name and not (name in inference.backend_names() and is_staff(actor)):
        raise NotFound(_("This engine is not offered here."))
    return name


def assistant_of(conversation: Conversation) -> Assistant | None:
    """Its own, or the default; None while there are no assistants at all."""
    return conversation.assistant or Assistant.objects.filter(is_default=True).first()


def plan(conversation: Conversation, again: bool = False) -> Plan:
    """How the next reply is made; `again` for another one that shall be different.

    Raises Conflict when the assistant is not offered to the conversation's owner any more.
    """
    assistant, owner = assistant_of(conversation), owner_of(conversation)
    if assistant is None:
        return Plan(_engine(conversation, owner, None), _sampling({}, again))
    if not assistant.is_default:
        _require_offered(assistant, owner)
    engine = _engine(conversation, owner, assistant)
    return Plan(engine, _sampling(assistant.sampling, again), assistant.slug, assistant.result_fields)


def told(message: Message, engine: str) -> Told:
    """What the engine is told for this reply.

    An engine that is no large language model keeps to the articles: it can do nothing else well.
    """
    assistant, language = assistant_of(message.conversation), message.conversation.language
    instructions = instructions_of(assistant, engine, language)
    if assistant is None or not is_large(engine):
        return Told(instructions)
    fields = read_fields(message.generation.result_fields)
    return Told(instructions, assistant.articles, schema(fields, language))


def _audiences(actor: Actor) -> list[Audience]:
    """Signing in opens more, working here all."""
    known = [Audience.EVERYBODY]
    if actor.signed_in:
        known.append(Audience.SIGNED_IN)
    return [*known, Audience.STAFF] if is_staff(actor) else known


def _require_offered(assistant: Assistant, owner: Actor) -> None:
    if not assistant.enabled or assistant.audience not in _audiences(owner) or problem(assistant):
        raise Conflict(_("This assistant is not offered any more. Please begin a new conversation."))


def _engine(conversation: Conversation, owner: Actor, assistant: Assistant | None) -> str:
    """What staff have chosen, as long as they are staff and the engine is there; else the assistant's."""
    chosen = conversation.engine
    if chosen and chosen in inference.backend_names() and is_staff(owner):
        return chosen
    return engine_of(assistant)


def _sampling(own: dict[str, Any], again: bool) -> dict[str, Any]:
    """The site's with the assistant's own. What is sampled already needs only another seed to be different."""
    sampling = {**settings.CHAT_SAMPLING, **own}
    if again and not own.get("temperature"):
        sampling.update(settings.CHAT_SAMPLING_AGAIN)
    return {**sampling, "seed": random.randrange(2**31)} if again else sampling
