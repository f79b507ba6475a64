"""Every change to a conversation: one function each, one transaction each.

They take rows that access.py has given out, and work from any process: what decides between two writers
is a constraint or a compare-and-set on `status`, never a check before.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat import queries
from chat.access import Actor
from chat.enums import FeedbackReasonCode, FeedbackValue, Language, Role, Status
from chat.errors import Conflict, NotFound
from chat.language import guess_language
from chat.models import Conversation, Feedback, FeedbackReason, Generation, Message, TranscriptRead

TITLE_CHARS = 60
BACKEND = "default"


@dataclass(frozen=True, slots=True)
class Turn:
    """A visitor's message and its reply; `created` is False when the same message was sent before."""

    message: Message
    reply: Message
    created: bool = True
    titled: bool = False


def create_conversation(actor: Actor, language: str = Language.ENGLISH) -> Conversation:
    """An empty conversation of the actor."""
    if not actor:
        raise NotFound()
    visitor = "" if actor.signed_in else actor.visitor
    return Conversation.objects.create(owner_id=actor.user_id, visitor=visitor, language=language)


def start_turn(conversation: Conversation, client_id: str, text: str) -> Turn:
    """Store a message at the end of the branch, with an empty reply; the same `client_id` gives the first turn."""
    return _turn_once(conversation, client_id, text, None)


def edit_message(message: Message, client_id: str, text: str) -> Turn:
    """Store another version of a visitor's message, as its sibling, with an empty reply."""
    _require_role(message, Role.USER)
    return _turn_once(message.conversation, client_id, text, message)


def regenerate(message: Message) -> Message:
    """Store another empty reply beside this one. After a complete one it is sampled, so as to be a different answer."""
    _require_role(message, Role.ASSISTANT)
    sampling = dict(settings.CHAT_SAMPLING)
    if message.status == Status.COMPLETE:
        sampling.update(settings.CHAT_SAMPLING_AGAIN, seed=random.randrange(2**31))
    try:
        with transaction.atomic():
            conversation = _locked(message.conversation_id)
            reply = _create_reply(conversation, message.parent, sampling)
            _touch(conversation, reply)
    except IntegrityError:
        raise Conflict() from None
    return reply


def continue_reply(message: Message) -> Message:
    """Reopen a reply that was stopped or interrupted, if nothing came after it."""
    _require_role(message, Role.ASSISTANT)
    try:
        with transaction.atomic():
            conversation = _locked(message.conversation_id)
            _require_last(conversation, message)
            rows = Message.objects.filter(pk=message.pk, status__in=[Status.INTERRUPTED, Status.STOPPED])
            if not rows.update(status=Status.STREAMING):
                raise Conflict(_("This answer is already finished."))
            _touch(conversation, message)
    except IntegrityError:
        raise Conflict() from None
    return queries.reply_for_run(message.pk)


def stop_reply(message: Message) -> Message:
    """End a running reply and keep its text. Stopping one that has ended already changes nothing."""
    _require_role(message, Role.ASSISTANT)
    with transaction.atomic():
        _stop(Message.objects.filter(pk=message.pk))
    return queries.reply_for_run(message.pk)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a reply ended, with the facts for its generation record (field -> value)."""

    status: Status
    facts: dict[str, Any]
    error_code: str = ""
    retry_after_s: float | None = None


def finish_reply(pk: int, ending: Ending) -> Message | None:
    """Store the end of a running reply. None if somebody ended it before; the facts are stored all the same."""
    with transaction.atomic():
        won = Message.objects.filter(pk=pk, status=Status.STREAMING).update(status=ending.status)
        facts = {**ending.facts, "error_class": ending.error_code}
        Generation.objects.filter(message_id=pk).update(**facts)
    return queries.reply_for_run(pk) if won else None


def record_generation(pk: int, facts: dict[str, Any]) -> None:
    """Store the figures of a reply whose end is stored already."""
    Generation.objects.filter(message_id=pk).update(**facts)


def interrupt_orphans() -> int:
    """Mark every running reply as interrupted: for the start of the only process, when none can be running."""
    return Message.objects.filter(status=Status.STREAMING).update(status=Status.INTERRUPTED)


def select_version(message: Message) -> Conversation:
    """Make the newest branch through this message the one that is shown."""
    with transaction.atomic():
        conversation = _locked(message.conversation_id)
        if queries.running_reply(conversation):
            raise Conflict()
        conversation.active_leaf_id = queries.Tree(conversation).newest_leaf(message.pk)
        conversation.save(update_fields=["active_leaf"])
    return conversation


def set_feedback(
    actor: Actor, message: Message, value: FeedbackValue, reasons: Iterable[FeedbackReasonCode], comment: str
) -> Feedback:
    """Store what the actor thinks of a reply, in place of what they thought before."""
    _require_role(message, Role.ASSISTANT)
    if message.status == Status.STREAMING:
        raise Conflict()
    with transaction.atomic():
        feedback, created = Feedback.objects.update_or_create(
            message=message, actor=str(actor), defaults={"value": value, "comment": comment}
        )
        if not created:
            feedback.reasons.all().delete()
        FeedbackReason.objects.bulk_create(FeedbackReason(feedback=feedback, code=code) for code in reasons)
    return feedback


def clear_feedback(actor: Actor, message: Message) -> None:
    """Take the actor's rating back; harmless when there is none."""
    _require_role(message, Role.ASSISTANT)
    Feedback.objects.filter(message=message, actor=str(actor)).delete()


def rename(conversation: Conversation, title: str) -> Conversation:
    """Give the conversation another title."""
    conversation.title = title
    conversation.save(update_fields=["title"])
    return conversation


def delete(conversation: Conversation) -> Message | None:
    """Hide the conversation until it is restored; gives the reply that this stopped, if one was running."""
    with transaction.atomic():
        running = queries.running_reply(conversation)
        _stop(Message.objects.filter(conversation=conversation))
        conversation.deleted_at = timezone.now()
        conversation.save(update_fields=["deleted_at"])
    return running


def restore(conversation: Conversation) -> Conversation:
    """Show a deleted conversation again; harmless when it is not deleted."""
    conversation.deleted_at = None
    conversation.save(update_fields=["deleted_at"])
    return conversation


def claim(visitor: Actor, user: Actor) -> int:
    """Give a visitor's conversations and ratings to an account; how many conversations went over."""
    if not visitor or visitor.signed_in or not user.signed_in:
        raise NotFound()
    with transaction.atomic():
        rows = Conversation.objects.filter(visitor.owns())
        Feedback.objects.filter(message__conversation__in=rows, actor=str(visitor)).update(actor=str(user))
        return rows.update(owner_id=user.user_id, visitor="")


def record_transcript_reads(
    reader: AbstractBaseUser | AnonymousUser, conversations: Iterable[Conversation], kind: str
) -> None:
    """Note that a member of staff has read ("read") or exported ("export") these conversations."""
    TranscriptRead.objects.bulk_create(
        TranscriptRead(conversation=conversation, reader_id=reader.pk, kind=kind) for conversation in conversations
    )


def _turn_once(conversation: Conversation, client_id: str, text: str, edited: Message | None) -> Turn:
    try:
        with transaction.atomic():
            # The lock first: of two that send the same message at once, the second must find the first's turn.
            locked = _locked(conversation.pk)
            return _same_turn(locked, client_id, text) or _create_turn(locked, client_id, text, edited)
    except IntegrityError:
        # Another process stored this message, or started another reply, since we looked.
        turn = _same_turn(conversation, client_id, text)
        if turn is None:
            raise Conflict() from None
        return turn


def _same_turn(conversation: Conversation, client_id: str, text: str) -> Turn | None:
    message = queries.find_turn(conversation, client_id)
    if message is None:
        return None
    if message.content != text:
        raise Conflict(_("This message was sent before with another text. Please reload the page."))
    return Turn(message, queries.newest_reply(message), created=False)


def _create_turn(conversation: Conversation, client_id: str, text: str, edited: Message | None) -> Turn:
    if queries.running_reply(conversation):
        raise Conflict()
    message = Message.objects.create(
        conversation=conversation,
        parent_id=edited.parent_id if edited else conversation.active_leaf_id,
        role=Role.USER,
        content=text,
        client_id=client_id,
    )
    reply = _create_reply(conversation, message, dict(settings.CHAT_SAMPLING))
    titled = _touch(conversation, reply, text)
    return Turn(message, reply, titled=titled)


def _create_reply(conversation: Conversation, parent: Message | None, sampling: dict[str, Any]) -> Message:
    reply = Message.objects.create(
        conversation=conversation, parent=parent, role=Role.ASSISTANT, status=Status.STREAMING
    )
    Generation.objects.create(message=reply, backend=BACKEND, sampling=sampling, seed=sampling.get("seed"))
    return reply


def _touch(conversation: Conversation, leaf: Message, text: str = "") -> bool:
    """Move the end of the shown branch; the first message also gives title and language."""
    fields = ["active_leaf", "updated_at"]
    conversation.active_leaf = leaf
    conversation.updated_at = timezone.now()
    titled = bool(text) and not conversation.title
    if titled:
        conversation.title = _title(text)
        conversation.language = guess_language(text, Language(conversation.language))
        fields += ["title", "language"]
    conversation.save(update_fields=fields)
    return titled


def _title(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= TITLE_CHARS else line[: TITLE_CHARS - 1].rstrip() + "…"


def _locked(pk: int) -> Conversation:
    """The conversation as it is now, locked until the transaction ends; NotFound once it is deleted."""
    rows = Conversation.objects.select_for_update().filter(deleted_at__isnull=True)
    try:
        return rows.get(pk=pk)
    except Conversation.DoesNotExist:
        raise NotFound() from None


def _stop(rows: Any) -> None:
    running = rows.filter(status=Status.STREAMING)
    Generation.objects.filter(message__in=running).update(finish_reason="cancelled")
    running.update(status=Status.STOPPED)


def _require_role(message: Message, role: Role) -> None:
    if message.role != role:
        raise Conflict(_("That is not possible with this message."))


def _require_last(conversation: Conversation, message: Message) -> None:
    if conversation.active_leaf_id != message.pk or queries.has_children(message):
        raise Conflict(_("The conversation has gone on since. Please ask again instead."))
