"""Every change to a conversation: one function each, one transaction each.

They take rows that access.py has given out, and work from any process: what decides between two writers
is a constraint or a compare-and-set on `status`, never a check before.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from chat import assisting, comparing, processes, queries
from chat.access import Actor
from chat.assistants.models import Assistant
from chat.assisting import Plan
from chat.comparing import Contest, Verdict
from chat.enums import Better, FeedbackReasonCode, FeedbackValue, Language, Role, Side, Status
from chat.errors import Conflict, NotFound
from chat.language import guess_language
from chat.models import Conversation, Feedback, FeedbackReason, Generation, Message, TranscriptRead
from chat.turns import Ending, Turn, title_of


def create_conversation(
    actor: Actor, language: str = Language.ENGLISH, assistant: Assistant | None = None, engine: str = ""
) -> Conversation:
    """An empty conversation of the actor, with an assistant and an engine that assisting.py has given out."""
    if not actor:
        raise NotFound()
    visitor = "" if actor.signed_in else actor.visitor
    chosen = {"assistant": assistant, "engine": engine}
    return Conversation.objects.create(owner_id=actor.user_id, visitor=visitor, language=language, **chosen)


def choose(conversation: Conversation, assistant: Assistant | None, engine: str) -> Conversation:
    """Set who answers from now on; the assistant only as long as nothing has been said."""
    with transaction.atomic():
        locked = _locked(conversation.pk)
        if locked.active_leaf_id and locked.assistant != assistant:
            raise Conflict(_("This conversation has begun. Please begin a new one with the other assistant."))
        locked.assistant, locked.engine = assistant, engine
        locked.save(update_fields=["assistant", "engine"])
    return locked


def start_turn(conversation: Conversation, client_id: str, text: str, contest: Contest | None = None) -> Turn:
    """Store a message at the end of the branch, with an empty reply; the same `client_id` gives the first turn.

    With a contest there are two replies, one of each engine, on sides that are drawn.
    """
    return _turn_once(conversation, client_id, text, contest=contest)


def edit_message(message: Message, client_id: str, text: str) -> Turn:
    """Store another version of a visitor's message, as its sibling, with an empty reply."""
    _require_role(message, Role.USER)
    return _turn_once(message.conversation, client_id, text, edited=message)


def regenerate(message: Message) -> Message:
    """Store another empty reply beside this one. After a complete one it is sampled, so as to be a different answer."""
    _require_role(message, Role.ASSISTANT)
    try:
        with transaction.atomic():
            conversation = _locked(message.conversation_id)
            plan = assisting.plan(conversation, again=message.status == Status.COMPLETE)
            reply = _create_reply(conversation, message.parent, plan)
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
            if not rows.update(status=Status.STREAMING, process=processes.this_process()):
                raise Conflict(_("This answer is already finished."))
            _touch(conversation, message)
    except IntegrityError:
        raise Conflict() from None
    return queries.reply_for_run(message.pk)


def stop_reply(message: Message) -> Message:
    """End a running reply and keep its text, and with it the one that it is compared with, if there is one.

    Stopping what has ended already changes nothing.
    """
    _require_role(message, Role.ASSISTANT)
    with transaction.atomic():
        _stop(Message.objects.filter(pk__in=[reply.pk for reply in queries.together(message)]))
    return queries.reply_for_run(message.pk)


def finish_reply(pk: int, ending: Ending, seq: int | None = None) -> Message | None:
    """Store the end of a reply that this process writes. None if it ended before, or went to another process."""
    with transaction.atomic():
        ours = Message.objects.filter(pk=pk, status=Status.STREAMING, process=processes.this_process())
        won = ours.update(status=ending.status, process=None)
        facts = {**ending.facts, "error_class": ending.error_code}
        if won:
            Generation.objects.filter(message_id=pk).update(**facts)
        else:
            record_generation(pk, facts, seq)
    return queries.reply_for_run(pk) if won else None


def record_generation(pk: int, facts: dict[str, Any], seq: int | None = None) -> None:
    """Store the figures of a reply whose end is not ours to store; with `seq`, unless it has grown since."""
    rows = Generation.objects.filter(message_id=pk)
    (rows if seq is None else rows.filter(message__seq=seq)).update(**facts)


def select_version(message: Message) -> Conversation:
    """Make the newest branch through this message the one that is shown."""
    with transaction.atomic():
        conversation = _locked(message.conversation_id)
        if queries.running_replies(conversation):
            raise Conflict()
        conversation.active_leaf_id = queries.Tree(conversation).newest_leaf(message.pk)
        conversation.save(update_fields=["active_leaf"])
    return conversation


def decide(question: Message, verdict: Verdict) -> None:
    """Store which of two answers is better; the conversation goes on with it. The same again changes nothing.

    After a tie it goes on with A, so that nobody is asked twice. After two bad ones it goes on with a sentence that
    offers a person: neither answer is then part of what an engine reads before the next one.
    """
    records = comparing.records()
    with transaction.atomic():
        conversation = _locked(question.conversation_id)
        pair = queries.candidates(question)
        if not pair:
            raise Conflict(_("That is not possible with this message."))
        new = records.verdict(question) is None
        if new:
            _require_comparable(conversation, question, pair)
        records.vote(question, verdict)
        if new:
            _touch(conversation, _better(question, pair, verdict.better))


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


def delete(conversation: Conversation) -> list[Message]:
    """Hide the conversation until it is restored; gives the replies that this stopped."""
    with transaction.atomic():
        running = queries.running_replies(conversation)
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
        comparing.claim(visitor, user)
        return rows.update(owner_id=user.user_id, visitor="")


def record_transcript_reads(
    reader: AbstractBaseUser | AnonymousUser, conversations: Iterable[Conversation], kind: str
) -> None:
    """Note that a member of staff has read ("read") or exported ("export") these conversations."""
    TranscriptRead.objects.bulk_create(
        TranscriptRead(conversation=conversation, reader_id=reader.pk, kind=kind) for conversation in conversations
    )


def _turn_once(
    conversation: Conversation,
    client_id: str,
    text: str,
    edited: Message | None = None,
    contest: Contest | None = None,
) -> Turn:
    try:
        with transaction.atomic():
            # The lock first: of two that send the same message at once, the second must find the first's turn.
            locked = _locked(conversation.pk)
            turn = _same_turn(locked, client_id, text)
            if turn is None:
                message = _create_question(locked, client_id, text, edited)
                turn = _answer(locked, message, contest)
            return turn
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
    pair = queries.candidates(message)
    if pair:
        return Turn(message, pair[0], created=False, rival=pair[1])
    return Turn(message, queries.newest_reply(message), created=False)


def _create_question(conversation: Conversation, client_id: str, text: str, edited: Message | None) -> Message:
    if queries.running_replies(conversation):
        raise Conflict()
    return Message.objects.create(
        conversation=conversation,
        parent_id=edited.parent_id if edited else conversation.active_leaf_id,
        role=Role.USER,
        content=text,
        client_id=client_id,
    )


def _answer(conversation: Conversation, question: Message, contest: Contest | None) -> Turn:
    """Empty replies to a question that was just stored."""
    plan, rival = assisting.plan(conversation), None
    if contest is None:
        reply = _create_reply(conversation, question, plan)
    else:
        drawn = random.sample(contest.engines, 2)
        reply = _create_reply(conversation, question, replace(plan, engine=drawn[0]), Side.A)
        rival = _create_reply(conversation, question, replace(plan, engine=drawn[1]), Side.B)
        comparing.records().begin(reply, rival, Contest((drawn[0], drawn[1]), contest.audience))
    return Turn(question, reply, titled=_touch(conversation, reply, question.content), rival=rival)


def _create_reply(conversation: Conversation, parent: Message | None, plan: Plan, side: Side = Side.ALONE) -> Message:
    reply = Message.objects.create(
        conversation=conversation,
        parent=parent,
        role=Role.ASSISTANT,
        status=Status.STREAMING,
        side=side,
        process_id=processes.this_process(),
    )
    Generation.objects.create(
        message=reply,
        backend=plan.engine,
        assistant=plan.assistant,
        result_fields=plan.result_fields,
        sampling=plan.sampling,
        seed=plan.sampling.get("seed"),
    )
    return reply


def _require_comparable(conversation: Conversation, question: Message, pair: list[Message]) -> None:
    """At the end of what is shown; and ended, unless one broke off, because then there is nothing to wait for."""
    if queries.shown_pair(conversation) != question:
        raise Conflict(_("The conversation has gone on since. Please ask again instead."))
    statuses = {reply.status for reply in pair}
    if Status.STREAMING in statuses and statuses <= {Status.STREAMING, Status.COMPLETE}:
        raise Conflict(_("Please wait until both answers are there."))


def _better(question: Message, pair: list[Message], better: Better) -> Message:
    if better != Better.BOTH_BAD:
        return pair[1] if better == Better.B else pair[0]
    return Message.objects.create(
        conversation_id=question.conversation_id,
        parent=question,
        role=Role.ASSISTANT,
        side=Side.NEITHER,
        content=_offer_of_a_person(question),
    )


def _offer_of_a_person(question: Message) -> str:
    language = guess_language(question.content, Language(question.conversation.language))
    with translation.override(language):
        return str(_("Sorry that neither answer helped. Please ask again in other words, or ask a person of our team."))


def _touch(conversation: Conversation, leaf: Message, text: str = "") -> bool:
    """Move the end of the shown branch; the first message also gives title and language."""
    fields = ["active_leaf", "updated_at"]
    conversation.active_leaf = leaf
    conversation.updated_at = timezone.now()
    titled = bool(text) and not conversation.title
    if titled:
        conversation.title = title_of(text)
        conversation.language = guess_language(text, Language(conversation.language))
        fields += ["title", "language"]
    conversation.save(update_fields=fields)
    return titled


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
    running.update(status=Status.STOPPED, process=None)


def _require_role(message: Message, role: Role) -> None:
    if message.role != role:
        raise Conflict(_("That is not possible with this message."))


def _require_last(conversation: Conversation, message: Message) -> None:
    if conversation.active_leaf_id != message.pk or queries.has_children(message):
        raise Conflict(_("The conversation has gone on since. Please ask again instead."))
