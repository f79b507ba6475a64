"""The one door for commands, whether they come by socket or by HTTP: same checks, same limits, same answers."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from chat import access, actions, assisting, comparing, events, heart, limits, processes, queries, replies, serializers
from chat.access import Actor
from chat.commands import (
    ClearFeedback,
    Command,
    CompareAnswers,
    ContinueReply,
    DecideComparison,
    EditMessage,
    LoadHistory,
    RegenerateReply,
    SelectVersion,
    SendMessage,
    SetChoice,
    SetFeedback,
    StopReply,
    Sync,
)
from chat.comparing import Verdict
from chat.errors import ChatError, NotFound, Restarting
from chat.events import Event
from chat.models import Conversation, Message
from chat.offloop import off_loop

logger = logging.getLogger(__name__)

_running: set[asyncio.Task[Any]] = set()


@dataclass(frozen=True, slots=True)
class Asker:
    """Who sends a command, and from which address."""

    actor: Actor
    address: str = "unknown"


@dataclass(slots=True)
class Outcome:
    """What a command leads to: events for everybody, events for the sender alone, replies to start or to let go."""

    publish: list[Event] = field(default_factory=list)
    answer: list[Event] = field(default_factory=list)
    start: list[Message] = field(default_factory=list)
    let_go: list[int] = field(default_factory=list)


async def dispatch(asker: Asker, conversation_id: uuid.UUID, command: Command) -> Outcome:
    """Carry out a command. Raises ChatError. What is committed is also told and started, even if the asker leaves."""
    work = asyncio.create_task(_carry_out(asker, conversation_id, command))
    _running.add(work)
    work.add_done_callback(_settle)
    try:
        return await asyncio.shield(work)
    except ChatError as error:
        _name_cause(error, command)
        raise


def _settle(work: asyncio.Task[Outcome]) -> None:
    """Forget a finished task, and read its error, which asyncio would print in full if its asker has left."""
    _running.discard(work)
    if not work.cancelled():
        work.exception()


async def settle() -> None:
    """Wait for the commands that are being carried out."""
    if _running:
        await asyncio.wait(list(_running))


async def tell(conversation_id: uuid.UUID, outcome: Outcome) -> None:
    """Publish an outcome's events, then start or let go what it says, in that order."""
    for event in outcome.publish:
        await events.publish(str(conversation_id), event)
    for pk in outcome.let_go:
        replies.let_go(pk)
    for reply in outcome.start:
        replies.start(reply)


def snapshot(actor: Actor, conversation_id: uuid.UUID) -> Event:
    """The state of a conversation as this actor may see it now."""
    return _snapshot(actor, access.get_conversation(actor, conversation_id))


async def _carry_out(asker: Asker, conversation_id: uuid.UUID, command: Command) -> Outcome:
    if command.generates and processes.draining():
        raise Restarting()
    await heart.catch_up()
    outcome = await off_loop(_handle, asker, conversation_id, command)
    await tell(conversation_id, outcome)
    return outcome


def _handle(asker: Asker, conversation_id: uuid.UUID, command: Command) -> Outcome:
    conversation = access.get_conversation(asker.actor, conversation_id)
    for _answer in range(command.generates):
        limits.check_rates("generate", rate_names(asker, conversation_id))
    return _HANDLERS[type(command)](asker.actor, conversation, command)


def rate_names(asker: Asker, conversation_id: uuid.UUID | None = None) -> dict[str, str]:
    """Whose counters an action counts on."""
    names = {"rate_visitor": str(asker.actor), "rate_address": asker.address}
    if conversation_id is not None:
        names["rate_conversation"] = str(conversation_id)
    return names


def _name_cause(error: ChatError, command: Command) -> None:
    error.client_id = str(getattr(command, "client_id", ""))
    error.message_id = str(getattr(command, "message_id", ""))


def _snapshot(actor: Actor, conversation: Conversation) -> Event:
    return {"type": "snapshot", **serializers.snapshot_json(actor, conversation)}


def _created(actor: Actor, conversation: Conversation, messages: list[Message]) -> Event:
    tree = queries.Tree(conversation)
    return {"type": "turn.created", "messages": serializers.messages_json(actor, messages, tree)}


def _turn(actor: Actor, conversation: Conversation, turn: actions.Turn) -> Outcome:
    told = _told(actor, conversation, turn)
    if not turn.created:
        return Outcome(answer=[_snapshot(actor, conversation) if told is events.RESYNC else told])
    titled = [events.conversation_updated(turn.message.conversation)] if turn.titled else []
    return Outcome(publish=[told, *titled], start=turn.replies)


def _told(actor: Actor, conversation: Conversation, turn: actions.Turn) -> Event:
    """The new messages; each tab's own snapshot where a comparison begins or is left behind."""
    before = turn.message.parent
    if turn.rival or (before and before.side):
        return events.RESYNC
    return _created(actor, conversation, [turn.message, turn.reply])


def _send(actor: Actor, conversation: Conversation, command: SendMessage) -> Outcome:
    return _turn(actor, conversation, actions.start_turn(conversation, command.client_id, command.text))


def _compare(actor: Actor, conversation: Conversation, command: CompareAnswers) -> Outcome:
    contest = comparing.contest_for(actor)
    if contest is None:
        raise NotFound(_("Comparing answers is not offered here."))
    return _turn(actor, conversation, actions.start_turn(conversation, command.client_id, command.text, contest))


def _decide(_actor: Actor, conversation: Conversation, command: DecideComparison) -> Outcome:
    question = access.get_message(conversation, command.message_id)
    actions.decide(question, Verdict(command.better, command.reasons, command.guess))
    return Outcome(publish=[events.RESYNC])


def _edit(actor: Actor, conversation: Conversation, command: EditMessage) -> Outcome:
    message = access.get_message(conversation, command.message_id)
    return _turn(actor, conversation, actions.edit_message(message, command.client_id, command.text))


def _regenerate(actor: Actor, conversation: Conversation, command: RegenerateReply) -> Outcome:
    reply = actions.regenerate(access.get_message(conversation, command.message_id))
    compared = bool(queries.candidates(reply.parent)) if reply.parent else False
    created = events.RESYNC if compared else _created(actor, conversation, [reply])
    return Outcome(publish=[created], start=[reply])


def _continue(_actor: Actor, conversation: Conversation, command: ContinueReply) -> Outcome:
    reply = actions.continue_reply(access.get_message(conversation, command.message_id))
    return Outcome(publish=[events.resumed(reply)], start=[reply])


def _stop(_actor: Actor, conversation: Conversation, command: StopReply) -> Outcome:
    stopped = queries.together(actions.stop_reply(access.get_message(conversation, command.message_id)))
    return Outcome(publish=[events.done(reply) for reply in stopped], let_go=[reply.pk for reply in stopped])


def _select(_actor: Actor, conversation: Conversation, command: SelectVersion) -> Outcome:
    actions.select_version(access.get_message(conversation, command.message_id))
    return Outcome(publish=[events.RESYNC])


def _set_feedback(actor: Actor, conversation: Conversation, command: SetFeedback) -> Outcome:
    message = access.get_message(conversation, command.message_id)
    feedback = actions.set_feedback(actor, message, command.value, command.reasons, command.comment)
    return Outcome(publish=[events.feedback_saved(message, serializers.feedback_json(feedback))])


def _clear_feedback(actor: Actor, conversation: Conversation, command: ClearFeedback) -> Outcome:
    message = access.get_message(conversation, command.message_id)
    actions.clear_feedback(actor, message)
    return Outcome(publish=[events.feedback_saved(message, None)])


def _choose(actor: Actor, conversation: Conversation, command: SetChoice) -> Outcome:
    assistant, engine = assisting.pick(actor, command.assistant), assisting.pick_engine(actor, command.engine)
    return Outcome(publish=[events.conversation_updated(actions.choose(conversation, assistant, engine))])


def _history(actor: Actor, conversation: Conversation, command: LoadHistory) -> Outcome:
    page = queries.page_before(conversation, access.get_message(conversation, command.before))
    return Outcome(answer=[{"type": "history", **serializers.page_json(actor, page)}])


def _sync(actor: Actor, conversation: Conversation, _command: Sync) -> Outcome:
    return Outcome(answer=[_snapshot(actor, conversation)])


_HANDLERS: dict[type[Command], Callable[[Actor, Conversation, Any], Outcome]] = {
    SendMessage: _send,
    CompareAnswers: _compare,
    DecideComparison: _decide,
    EditMessage: _edit,
    RegenerateReply: _regenerate,
    ContinueReply: _continue,
    StopReply: _stop,
    SelectVersion: _select,
    SetFeedback: _set_feedback,
    ClearFeedback: _clear_feedback,
    SetChoice: _choose,
    LoadHistory: _history,
    Sync: _sync,
}
