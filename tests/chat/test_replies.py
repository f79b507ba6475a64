"""chat/replies.py: every reply comes to exactly one end, whatever the backend does."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import OperationalError

from chat import actions, events, journal, queries, replies
from chat.enums import Status
from chat.events import Event
from chat.models import Conversation, Message, Process
from chat.replies import build_request
from inference import ChatMessage, Decision, FinishReason, Role, Waiting
from inference.errors import BackendUnavailable, NonFiniteLogits, Overloaded
from tests.chat.conftest import client_id, end, say
from tests.chat.sockets import all_done, db
from tests.scripted import Fail, Raise, ScriptedBackend, Step, Vanish

pytestmark = pytest.mark.django_db(transaction=True)

QUESTION = "Where is my canary-7319 card?"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """What was published."""
    found: list[Event] = []

    async def publish(_conversation_id: str, event: Event) -> None:
        found.append(event)

    monkeypatch.setattr(events, "publish", publish)
    return found


async def _start(conversation: Conversation, text: str = QUESTION) -> Message:
    turn = await db(actions.start_turn, conversation, client_id(), text)
    replies.start(turn.reply)
    return turn.reply


async def _end(reply: Message) -> Message:
    await all_done()
    return await db(queries.reply_for_run, reply.pk)


async def _until_stored(reply: Message, text: str) -> None:
    while (await Message.objects.aget(pk=reply.pk)).content != text:
        await asyncio.sleep(0.01)


async def test_an_answer_is_stored_told_and_recorded(
    conversation: Conversation, backend: ScriptedBackend, told: list[Event]
):
    reply = await _end(await _start(conversation))
    record = reply.generation
    assert (reply.status, reply.content, reply.seq) == ("complete", "Hello there.", 1)
    assert (record.checkpoint, record.prompt_tokens, record.truncated_tokens) == ("scripted", 7, 2)
    assert (record.finish_reason, record.mean_logprob, record.sources) == ("stop", -0.5, ["card_arrival"])
    assert [(event["type"], event["seq"]) for event in told] == [("reply.delta", 1), ("reply.done", 1)]
    assert not replies.is_live(reply.pk)


FAILURES: dict[str, tuple[list[Step], str, str]] = {
    "refused": ([Raise(BackendUnavailable("no model"))], "backend_unavailable", ""),
    "busy": ([Raise(Overloaded("full", retry_after_s=9))], "overloaded", ""),
    "broke off": (["On ", Fail(NonFiniteLogits("nan"))], "non_finite_logits", "On "),
    "an error of no known kind": (["On ", Fail(ValueError(QUESTION))], "generation_error", "On "),
    "raised": (["On ", Raise(RuntimeError(QUESTION))], "internal", "On "),
    "vanished": (["On ", Vanish()], "generation_error", "On "),
}


@pytest.mark.parametrize(("script", "code", "text"), FAILURES.values(), ids=FAILURES)
async def test_every_failure_is_one_end_with_a_code(
    conversation: Conversation,
    backend: ScriptedBackend,
    told: list[Event],
    caplog: Any,
    script: list[Step],
    code: str,
    text: str,
):
    caplog.set_level(logging.DEBUG)
    backend.scripts.append(script)
    reply = await _end(await _start(conversation))
    assert (reply.status, reply.generation.error_class, reply.content) == ("failed", code, text)
    done = [event for event in told if event["type"] == "reply.done"]
    assert [(event["error_code"], event["text"]) for event in done] == [(code, text)]
    assert "canary" not in caplog.text + str(told)


async def test_a_busy_model_says_when_to_try_again(
    conversation: Conversation, backend: ScriptedBackend, told: list[Event]
):
    backend.scripts.append([Raise(Overloaded("full", retry_after_s=9))])
    await _end(await _start(conversation))
    sentence = "Too many people are asking right now. Please try again in 9 seconds."
    assert events.localized(told[-1])["detail"] == sentence


async def test_a_backend_that_gave_up_leaves_an_interrupted_reply(
    conversation: Conversation, backend: ScriptedBackend, told: list[Event]
):
    backend.scripts.append(["On ", FinishReason.CANCELLED])
    reply = await _end(await _start(conversation))
    assert (reply.status, reply.content) == ("interrupted", "On ")


async def test_a_model_that_falls_silent_is_given_up(
    conversation: Conversation, backend: ScriptedBackend, told: list[Event], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(replies, "SILENCE_S", 0.01)
    backend.scripts.append(["On ", asyncio.Event(), "its way"])
    reply = await _end(await _start(conversation))
    assert (reply.status, reply.content, reply.generation.error_class) == ("failed", "On ", "timed_out")
    assert len(backend.cancelled) == 1


async def test_news_of_the_wait_is_told_but_not_too_often(
    conversation: Conversation, backend: ScriptedBackend, told: list[Event]
):
    go = asyncio.Event()
    waits: list[Step] = [Waiting("queued", position, 1.0) for position in (3, 3, 2, 2, 1)]
    backend.scripts.append([*waits, go, "Hello"])
    reply = await _start(conversation)
    key = str(reply.public_id)
    while (replies.waiting_event(key) or {}).get("position") != 1:
        await asyncio.sleep(0)
    assert told == [events.waiting(key, "queued", position, 1.0) for position in (3, 2, 1)]
    go.set()
    await all_done()
    assert replies.waiting_event(str(reply.public_id)) is None


async def test_a_reply_that_was_let_go_frees_the_model_and_keeps_what_was_stored(
    conversation: Conversation, backend: ScriptedBackend, told: list[Event]
):
    backend.scripts.append(["On ", asyncio.Event(), "its way"])
    reply = await _start(conversation)
    await _until_stored(reply, "On ")
    await db(actions.stop_reply, reply)
    replies.let_go(reply.pk)
    replies.let_go(reply.pk)
    reply = await _end(reply)
    assert (reply.status, reply.content) == ("stopped", "On ")
    assert (reply.generation.finish_reason, reply.generation.completion_tokens) == ("cancelled", 1)
    assert [request.messages for request in backend.cancelled] == [request.messages for request in backend.requests]
    assert [event["type"] for event in told] == ["reply.delta"]  # who stops also tells


async def test_a_stop_in_another_process_is_found_with_the_next_word(
    conversation: Conversation, backend: ScriptedBackend, told: list[Event]
):
    go = asyncio.Event()
    backend.scripts.append(["On ", go, "its ", asyncio.Event(), "way"])
    reply = await _start(conversation)
    await _until_stored(reply, "On ")
    await db(actions.stop_reply, reply)
    go.set()
    reply = await _end(reply)
    assert (reply.status, reply.content, len(backend.cancelled)) == ("stopped", "On ", 1)


async def test_letting_go_of_a_finished_reply_changes_nothing(
    conversation: Conversation, backend: ScriptedBackend, told: list[Event]
):
    reply = await _end(await _start(conversation))
    replies.let_go(reply.pk)
    assert (await _end(reply)).status == "complete"


async def test_a_continued_reply_goes_on_where_it_stopped(
    conversation: Conversation, backend: ScriptedBackend, told: list[Event]
):
    backend.scripts += [["On ", asyncio.Event()], ["its ", "way."]]
    reply = await _start(conversation)
    await _until_stored(reply, "On ")
    await db(actions.stop_reply, reply)
    replies.let_go(reply.pk)
    replies.start(await db(actions.continue_reply, reply))  # while the first task is still on its way out
    reply = await _end(reply)
    assert (reply.status, reply.content, reply.seq) == ("complete", "On its way.", 2)
    assert [request.prefix for request in backend.requests] == ["", "On "]
    assert reply.generation.completion_tokens == 4


async def test_words_that_cannot_be_stored_fail_the_reply(
    conversation: Conversation, backend: ScriptedBackend, told: list[Event], monkeypatch: pytest.MonkeyPatch
):
    def refuse(pieces: object, again: bool = False) -> set[int]:
        raise OperationalError("disk full")

    monkeypatch.setattr(journal, "store", refuse)
    monkeypatch.setattr(journal, "RETRY_S", 0)
    backend.scripts.append(["On ", asyncio.Event()])
    reply = await _end(await _start(conversation))
    assert (reply.status, reply.content, reply.generation.error_class) == ("failed", "", "storage")
    assert [event["type"] for event in told] == ["reply.done"]


async def test_the_end_is_stored_when_the_database_comes_back(
    conversation: Conversation, backend: ScriptedBackend, told: list[Event], monkeypatch: pytest.MonkeyPatch
):
    failures = [OperationalError("locked")] * 2
    finish = actions.finish_reply

    def flaky(*args: Any) -> Message | None:
        if failures:
            raise failures.pop()
        return finish(*args)

    monkeypatch.setattr(actions, "finish_reply", flaky)
    monkeypatch.setattr(replies, "FINISH_RETRY_S", 0)
    assert (await _end(await _start(conversation))).status == "complete"


async def test_replies_that_are_cut_short_keep_all_words_that_were_shown(
    conversation: Conversation, backend: ScriptedBackend, told: list[Event]
):
    backend.scripts.append(["On ", asyncio.Event(), "its way"])
    reply = await _start(conversation)
    await _until_stored(reply, "On ")
    await replies.interrupt_all()
    reply = await _end(reply)
    assert (reply.status, reply.content) == ("interrupted", "On ")
    assert told[-1]["status"] == "interrupted"


async def test_replies_that_are_handed_on_still_run_for_everybody_else(
    conversation: Conversation, backend: ScriptedBackend, told: list[Event]
):
    backend.scripts.append(["On ", asyncio.Event(), "its way"])
    reply = await _start(conversation)
    await _until_stored(reply, "On ")
    await replies.hand_on_all()
    reply = await _end(reply)
    assert (reply.status, reply.content, reply.generation.completion_tokens) == ("streaming", "On ", 1)
    assert ([event["type"] for event in told], len(backend.cancelled)) == (["reply.delta"], 1)


async def test_what_another_process_took_over_is_neither_written_nor_ended_here(
    conversation: Conversation, backend: ScriptedBackend, told: list[Event]
):
    go = asyncio.Event()
    backend.scripts.append(["On ", go, "its way"])
    reply = await _start(conversation)
    await _until_stored(reply, "On ")
    other = await Process.objects.acreate(name="other")
    await Message.objects.filter(pk=reply.pk).aupdate(process=other, content="On my ", seq=2)
    go.set()
    reply = await _end(reply)
    assert (reply.status, reply.content, reply.generation.completion_tokens) == ("streaming", "On my ", None)
    assert [event["type"] for event in told] == ["reply.delta"]


async def test_the_replies_of_a_process_are_waited_for(
    conversation: Conversation, backend: ScriptedBackend, told: list[Event]
):
    go = asyncio.Event()
    backend.scripts.append(["On ", go, "its way"])
    reply = await _start(conversation)
    await replies.settle(0.01)
    assert replies.running() == [reply.pk]
    go.set()
    await replies.settle(60)
    assert (replies.running(), (await _end(reply)).status) == ([], "complete")


DECISION = Decision("gpt2", "rules_unsure", 0.8, ("card_arrival",), explanation={"retrieval": []})


async def test_a_stopped_reply_knows_who_was_answering(
    conversation: Conversation, backend: ScriptedBackend, told: list[Event]
):
    backend.scripts.append([DECISION, "On ", asyncio.Event(), "its way"])
    reply = await _start(conversation)
    await _until_stored(reply, "On ")
    await db(actions.stop_reply, reply)
    replies.let_go(reply.pk)
    record = (await _end(reply)).generation
    assert (record.answered_by, record.reason, record.confidence) == ("gpt2", "rules_unsure", 0.8)
    assert (record.sources, record.explanation) == (["card_arrival"], {"retrieval": []})


async def test_a_reply_that_fell_silent_knows_it_too(
    conversation: Conversation, backend: ScriptedBackend, told: list[Event], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(replies, "SILENCE_S", 0.01)
    backend.scripts.append([DECISION, "On ", asyncio.Event(), "its way"])
    record = (await _end(await _start(conversation))).generation
    assert (record.error_class, record.answered_by) == ("timed_out", "gpt2")


# --- the question to the model -------------------------------------------------------------------------------


@pytest.mark.parametrize("instructions", ["", "Be kind."])
def test_the_model_is_asked_with_the_branch(conversation: Conversation, settings: LazySettings, instructions: str):
    settings.CHAT_INSTRUCTIONS = instructions
    first = say(conversation, "First", "One")
    other = end(actions.regenerate(first.reply), text="Two")
    failed = actions.start_turn(conversation, client_id(), "Second")
    end(failed.reply, Status.FAILED, "")
    third = actions.start_turn(conversation, client_id(), "Third <|endoftext|>")
    request = build_request(queries.reply_for_run(third.reply.pk))
    assert request.messages == (
        *([ChatMessage(Role.SYSTEM, instructions)] if instructions else []),
        ChatMessage(Role.USER, "First"),
        ChatMessage(Role.ASSISTANT, other.content),
        ChatMessage(Role.USER, "Second"),
        ChatMessage(Role.USER, "Third <|endoftext|>"),
    )
    assert (request.prefix, request.backend, request.sampling.temperature) == ("", "default", 0.0)


@pytest.mark.parametrize(
    ("text", "language"), [("Where is it?", "en"), ("卡呢？", "zh-hans"), ("???", "zh-hans")], ids=["en", "zh", "none"]
)
def test_the_answer_is_wanted_in_the_language_of_the_question(conversation: Conversation, text: str, language: str):
    say(conversation, "我的卡呢？", "快了。")
    conversation.refresh_from_db()
    turn = actions.start_turn(conversation, client_id(), text)
    assert build_request(queries.reply_for_run(turn.reply.pk)).language == language


@pytest.mark.parametrize(("answered_by", "asked"), [("default", "default"), ("of-the-past", "rules"), ("", "rules")])
def test_who_began_an_answer_ends_it(
    conversation: Conversation, backend: ScriptedBackend, answered_by: str, asked: str
):
    reply = end(actions.start_turn(conversation, client_id(), "Hi").reply, Status.STOPPED, "On ")
    type(reply.generation).objects.update(answered_by=answered_by, backend="rules")
    assert build_request(queries.reply_for_run(reply.pk)).backend == asked


def test_another_reply_is_asked_for_with_chance(conversation: Conversation):
    again = actions.regenerate(say(conversation).reply)
    sampling = build_request(queries.reply_for_run(again.pk)).sampling
    assert (sampling.temperature, sampling.top_p, sampling.seed) == (0.8, 0.95, again.generation.seed)
