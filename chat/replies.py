"""Running replies: tasks that belong to the process, not to a socket.

Each asks the model, gives the words to the journal, and brings its reply to exactly one end, whatever
happens. Closing a tab ends nothing; Stop, from any process, does.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable

from django.db import DatabaseError

import inference
from chat import actions, assisting, events, metrics, queries, reply_errors
from chat.actions import Ending
from chat.enums import Language, Status
from chat.events import Event
from chat.faults import log_fault
from chat.journal import get_journal
from chat.language import guess_language
from chat.models import Conversation, Generation, Message
from chat.offloop import off_loop
from chat.tally import Facts, Tally, added, facts_of
from inference import ChatMessage, Chunk, FinishReason, InferenceError, Request, Sampling, Waiting

logger = logging.getLogger(__name__)

WAITING_EVERY_S = 0.5
SILENCE_S = 60.0  # between two words; before the first one, a place in a long queue is no fault
FINISH_TRIES = 60
FINISH_RETRY_S = 0.5

_live: dict[int, LiveReply] = {}
metrics.watch("replies_running", lambda: len(_live))


class LiveReply:
    """One reply while its task runs; the journal's Stream."""

    def __init__(self, message: Message) -> None:
        self.pk = message.pk
        self.message_id = str(message.public_id)
        self.conversation_id = str(message.conversation.public_id)
        self.seq = message.seq
        self.tally = Tally()
        self.before: Generation | None = None
        self.waiting: Event | None = None
        self.waiting_told = 0.0
        self.task: asyncio.Task[None] | None = None
        # Set once: how it ends (STREAMING: it goes on in another process), and that nothing may cancel it any more.
        self.end_as: Status | None = None
        self.error_code = ""
        self.closing = False

    def ended_elsewhere(self) -> None:
        """Somebody stored its end already: free the model, store figures only."""
        self._cancel(Status.STOPPED)

    def broken(self, code: str) -> None:
        """Its words cannot be stored."""
        self.error_code = code
        self._cancel(Status.FAILED)

    def interrupt(self) -> None:
        """The process is about to end."""
        self._cancel(Status.INTERRUPTED)

    def hand_on(self) -> None:
        """The process is about to end, and another one goes on."""
        self._cancel(Status.STREAMING)

    def _cancel(self, end_as: Status) -> None:
        if self.closing or self.end_as is not None or self.task is None:
            return
        self.end_as = end_as
        self.task.cancel()


def start(message: Message) -> None:
    """Begin answering into this reply, in the running event loop."""
    reply = LiveReply(message)
    before = _live.get(reply.pk)
    if before is not None:
        before.ended_elsewhere()  # who starts it again has seen its end
    reply.task = asyncio.create_task(_run(reply, before), name=f"reply {reply.message_id}")
    _live[reply.pk] = reply
    reply.task.add_done_callback(lambda _task: _live.pop(reply.pk, None) if _live.get(reply.pk) is reply else None)


def let_go(pk: int) -> None:
    """Free the model from a reply whose end is stored, without waiting for the journal to find out."""
    if pk in _live:
        _live[pk].ended_elsewhere()


def is_live(pk: int) -> bool:
    """Whether this process is writing the reply."""
    return pk in _live


def waiting_event(message_id: str | None) -> Event | None:
    """The last news about a reply that waits in this process for its first word."""
    replies = list(_live.values())
    return next((reply.waiting for reply in replies if reply.message_id == message_id), None)


def running() -> list[int]:
    """The replies that this process is writing."""
    return list(_live)


def running_ids() -> set[str]:
    """The same as the pages know them."""
    return {reply.message_id for reply in _live.values()}


async def settle(patience_s: float) -> None:
    """Wait until all replies of this process have ended, but not longer than this."""
    tasks = _tasks()
    if tasks:
        await asyncio.wait(tasks, timeout=patience_s)


async def interrupt_all() -> None:
    """Mark this process's replies as interrupted; their words stay."""
    await _end_all(LiveReply.interrupt)


async def hand_on_all() -> None:
    """Stop writing; every word is stored, and another process may go on with the next one."""
    await _end_all(LiveReply.hand_on)


async def _end_all(end: Callable[[LiveReply], None]) -> None:
    tasks = _tasks()
    for reply in list(_live.values()):
        end(reply)
    await asyncio.gather(*tasks, return_exceptions=True)


def _tasks() -> list[asyncio.Task[None]]:
    return [reply.task for reply in _live.values() if reply.task is not None]


async def _run(reply: LiveReply, before: LiveReply | None) -> None:
    try:
        if before is not None and before.task is not None:
            await asyncio.wait([before.task])  # its last words may still be on their way into the same row
        ending: Ending | None = await _answer(reply)
    except asyncio.CancelledError:
        if reply.end_as is None:  # the event loop is closing
            raise
        ending = None
    except InferenceError as error:
        ending = _failed(error, _facts(reply))
    except TimeoutError:
        ending = Ending(Status.FAILED, _facts(reply), reply_errors.TIMED_OUT)
    except Exception as error:
        log_fault(logger, f"Reply {reply.message_id} failed", error)
        ending = Ending(Status.FAILED, _facts(reply), reply_errors.INTERNAL)
    reply.closing = True
    await _close(reply, ending)


async def _answer(reply: LiveReply) -> Ending:
    request = await off_loop(_prepare, reply)
    last = await _consume(reply, request)
    await get_journal().flush(reply)
    if last is None:  # the backend broke its promise of a last chunk
        return Ending(Status.FAILED, _facts(reply), "generation_error")
    return _ending(reply, last)


def _prepare(reply: LiveReply) -> Request:
    message = queries.reply_for_run(reply.pk)
    reply.seq = message.seq
    reply.before = message.generation
    request = build_request(message)
    reply.tally.asked(request)
    return request


def build_request(message: Message) -> Request:
    """The question to the model: instructions, the branch down to this reply, and what it has said already."""
    engine = _engine(message)
    told = assisting.told(message, engine)
    turns = [ChatMessage(inference.Role.SYSTEM, told.instructions)] if told.instructions else []
    turns += [ChatMessage(inference.Role(row.role), row.content) for row in queries.branch(message)[:-1] if row.content]
    options = dict(message.generation.sampling)
    options["stop"] = tuple(options.get("stop", ()))
    return Request(
        tuple(turns),
        Sampling(**options),
        prefix=message.content,
        backend=engine,
        language=_language(message.conversation, turns),
        articles=told.articles,
        schema=told.schema,
    )


def _engine(message: Message) -> str:
    """The engine to ask; one that has begun an answer also ends it."""
    record = message.generation
    began = bool(message.content) and record.answered_by in inference.backend_names()
    return record.answered_by if began else record.backend


def _language(conversation: Conversation, turns: list[ChatMessage]) -> str:
    """The language of the last question; the conversation's when it has no letters."""
    asked = [turn.content for turn in turns if turn.role is inference.Role.USER]
    return str(guess_language(asked[-1] if asked else "", Language(conversation.language)))


async def _consume(reply: LiveReply, request: Request) -> Chunk | None:
    """Give every word to the journal; the last chunk. TimeoutError if the model falls silent in the middle."""
    async with _closing(inference.stream(request)) as chunks, asyncio.timeout(None) as silence:
        async for chunk in chunks:
            if chunk.waiting is not None:
                await _tell_waiting(reply, chunk.waiting)
            if chunk.decision is not None:
                reply.tally.decided(chunk.decision)
            if chunk.text:
                reply.waiting = None
                silence.reschedule(asyncio.get_running_loop().time() + SILENCE_S)
                reply.tally.count(chunk)
                get_journal().append(reply, chunk.text)
            if chunk.finish_reason is not None:
                reply.tally.completed(chunk.completion)
                return chunk
    return None


@contextlib.asynccontextmanager
async def _closing(chunks: AsyncIterator[Chunk]) -> AsyncIterator[AsyncIterator[Chunk]]:
    """Close the stream in the end, which is how a backend learns that nobody listens any more."""
    try:
        yield chunks
    finally:
        close = getattr(chunks, "aclose", None)
        if close is not None:
            await close()


async def _tell_waiting(reply: LiveReply, news: Waiting) -> None:
    """At once when the place in the queue is another one, else only now and then."""
    before, now = reply.waiting, time.monotonic()
    reply.waiting = events.waiting(reply.message_id, news.state, news.position, news.wait_s)
    moved = before is None or (before["state"], before["position"]) != (news.state, news.position)
    if moved or now - reply.waiting_told >= WAITING_EVERY_S:
        reply.waiting_told = now
        await events.publish(reply.conversation_id, reply.waiting)


def _ending(reply: LiveReply, last: Chunk) -> Ending:
    facts = _facts(reply, {**facts_of(last.completion), "finish_reason": str(last.finish_reason)})
    if last.finish_reason == FinishReason.ERROR:
        return _failed(last.error, facts)
    cancelled = last.finish_reason == FinishReason.CANCELLED
    return Ending(Status.INTERRUPTED if cancelled else Status.COMPLETE, facts)


def _facts(reply: LiveReply, known: Facts | None = None) -> Facts:
    """Our own figures, the backend's in their place where it gave some, and those of the part before Continue."""
    facts = reply.tally.with_asked({**reply.tally.facts(), **(known or {})})
    return added(reply.before, facts) if reply.before else facts


def _failed(error: Exception | None, facts: Facts) -> Ending:
    code = error.code if isinstance(error, InferenceError) else "generation_error"
    return Ending(Status.FAILED, facts, code, getattr(error, "retry_after_s", None))


async def _close(reply: LiveReply, ending: Ending | None) -> None:
    """Store how the reply ended and tell it; `ending` is None when the task was cancelled for a known reason."""
    _count(reply, ending)
    if reply.end_as in (Status.STOPPED, Status.FAILED):
        get_journal().forget(reply)
    await get_journal().flush(reply)
    try:
        done = await _with_patience(reply, ending)
    except Exception as error:
        log_fault(logger, f"The end of reply {reply.message_id} could not be stored", error)
        return
    if done is not None:
        await events.publish(reply.conversation_id, done)


def _count(reply: LiveReply, ending: Ending | None) -> None:
    status = reply.end_as or Status.FAILED if ending is None else ending.status
    error = reply.error_code if ending is None else ending.error_code
    how = "handed_on" if status == Status.STREAMING else str(status)
    metrics.count_reply(how, reply.tally.measures(), error)


async def _with_patience(reply: LiveReply, ending: Ending | None) -> Event | None:
    for _attempt in range(FINISH_TRIES):
        try:
            return await off_loop(_store_end, reply, ending)
        except DatabaseError as error:
            logger.warning("Storing the end of a reply is tried again: %s", type(error).__name__)
            await asyncio.sleep(FINISH_RETRY_S)
    return await off_loop(_store_end, reply, ending)


def _store_end(reply: LiveReply, ending: Ending | None) -> Event | None:
    if ending is None:
        facts = _facts(reply, {"finish_reason": "cancelled"})
        if reply.end_as in (Status.STOPPED, Status.STREAMING):
            actions.record_generation(reply.pk, facts, reply.seq)
            return None
        ending = Ending(reply.end_as or Status.FAILED, facts, reply.error_code)
    message = actions.finish_reply(reply.pk, ending, reply.seq)
    return None if message is None else events.done(message, ending.retry_after_s)
