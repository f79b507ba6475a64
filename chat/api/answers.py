"""One request on its way: a task that takes what the engine gives, counts it, and ends with whoever asked.

It is a task of its own, so that a client that goes away, at whatever moment, has one thing to end: `cancel`. What was
used by then is counted all the same.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

from django.conf import settings

import inference
from chat import metrics
from chat.api import actions
from chat.api.actions import Use
from chat.api.calls import Call
from chat.api.errors import ApiError, BadRequest, Internal, TooMany, Unavailable
from chat.api.models import ApiKey
from chat.faults import log_fault
from chat.offloop import off_loop
from chat.tally import Tally
from inference import Chunk, FinishReason
from inference.errors import BackendUnavailable, InvalidRequest, MessageTooLong, Overloaded

logger = logging.getLogger(__name__)

TOO_LONG = "The messages are longer than what the model can read."
REFUSED = "The model cannot answer this request."
BROKE_OFF = "The answer broke off because of an error on the server."
TIMED_OUT = "The answer took too long."


class Answer:
    """The run of one call for one key. Read it with `next` or `rest`, once."""

    def __init__(self, call: Call, key: ApiKey) -> None:
        self._call, self._key = call, key
        self._queue: asyncio.Queue[Chunk | ApiError | None] = asyncio.Queue()
        self._tokens = [0] * call.request.sampling.n
        self.prompt_tokens = 0
        self._tally = Tally()
        self._closing = False
        self._task = asyncio.create_task(self._run(), name=f"api {call.request.id}")

    @property
    def completion_tokens(self) -> int:
        """Tokens of all candidates so far."""
        return sum(self._tokens)

    def cancel(self) -> None:
        """End it: nobody reads on. Harmless when it has ended."""
        if not self._closing:
            self._closing = True
            self._task.cancel()

    async def next(self, within_s: float | None = None) -> Chunk | None:
        """What comes next; None after the last chunk, when the use has been counted.

        Raises the ApiError that ended the answer, or TimeoutError when nothing came in time.
        """
        async with asyncio.timeout(within_s):
            item = await self._queue.get()
        if isinstance(item, ApiError):
            raise item
        return item

    async def rest(self, first: Chunk | None) -> AsyncIterator[Chunk]:
        """All of it, of which `first` has come already."""
        chunk = first
        while chunk is not None:
            yield chunk
            chunk = await self.next()

    async def _run(self) -> None:
        try:
            error = await self._outcome()
        except asyncio.CancelledError:  # nobody listens any more; what was used by then counts
            await self._record(failed=False)
            self._measure("stopped")
            raise
        self._closing = True
        if error is not None:
            error.counted = True
        await self._record(failed=error is not None)
        self._measure("failed" if error else "complete", (error and error.code) or "")
        self._queue.put_nowait(error)

    async def _outcome(self) -> ApiError | None:
        """Take all chunks; what went wrong, if anything did."""
        try:
            async with asyncio.timeout(settings.API_LIMITS["answer_s"]):
                await self._take_all()
        except TimeoutError:
            return Unavailable(TIMED_OUT, code="timed_out")
        except ApiError as error:
            return error
        except Exception as error:
            return api_error(error)
        return None

    async def _take_all(self) -> None:
        left = self._call.request.sampling.n
        async with aclosing(inference.stream(self._call.request)) as chunks:  # type: ignore[type-var]
            async for chunk in chunks:
                self._count(chunk)
                if chunk.finish_reason in (FinishReason.ERROR, FinishReason.CANCELLED):
                    raise api_error(chunk.error)
                self._queue.put_nowait(chunk)
                left -= chunk.finish_reason is not None
                if not left:
                    return
        raise Internal(BROKE_OFF)

    def _measure(self, ending: str, error: str = "") -> None:
        """For the operator's figures, in which nothing tells whose key it was."""
        read, written = self.prompt_tokens, self.completion_tokens
        measures = replace(self._tally.measures(), prompt_tokens=read, completion_tokens=written)
        metrics.count_reply(ending, measures, error)

    def _count(self, chunk: Chunk) -> None:
        if chunk.text:
            self._tally.count(chunk)
        if chunk.completion is None:
            self._tokens[chunk.index] += chunk.token_count
        else:
            self._tally.completed(chunk.completion)
            self._tokens[chunk.index] = chunk.completion.completion_tokens
            self.prompt_tokens = self.prompt_tokens or chunk.completion.prompt_tokens

    async def _record(self, failed: bool) -> None:
        """Count what was used, before the client learns that it has ended."""
        try:
            if not self.prompt_tokens and (self.completion_tokens or not failed):
                self.prompt_tokens = await inference.prompt_tokens(self._call.request)
            use = Use(self._call.model, self.prompt_tokens, self.completion_tokens, failed)
            await off_loop(actions.record_use, self._key, use)
        except Exception as error:
            log_fault(logger, "The use of an API key could not be counted", error)


def api_error(error: BaseException | None) -> ApiError:
    """What a client is told about an error of inference: a sentence of ours by its class, never its own text."""
    code = getattr(error, "code", "generation_error")
    if isinstance(error, MessageTooLong):
        return BadRequest(TOO_LONG, "messages", "context_length_exceeded")
    if isinstance(error, InvalidRequest):
        return BadRequest(REFUSED, code=code)
    if isinstance(error, Overloaded):
        return TooMany("Too many requests are waiting already.", code=code, retry_after_s=error.retry_after_s)
    if isinstance(error, BackendUnavailable):
        return Unavailable("The model is not available right now.", code=code, retry_after_s=30)
    if error is not None and not isinstance(error, inference.InferenceError):
        log_fault(logger, "An API request failed", error)
        return Internal(BROKE_OFF)
    return Internal(BROKE_OFF, code=code)
