"""An answer as server-sent events: a line of JSON for each piece, a comment now and then while there is none."""

from __future__ import annotations

import asyncio
import contextlib
import json
import weakref
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.http import StreamingHttpResponse

from chat.api import wire
from chat.api.answers import Answer
from chat.api.calls import Call
from chat.api.errors import ApiError
from inference import Chunk

DONE = b"data: [DONE]\n\n"
BEAT, BEAT_EVENT = object(), b": waiting\n\n"  # a comment, which every client passes over


class EventStream(StreamingHttpResponse):
    """A response whose end, for whatever reason, is the end of the answer.

    Django closes what it iterates over, but by way of a wrapper that does not pass it on: so there is none here.
    Where it never comes to iterating, `close` or the response's own end says so.
    """

    def __init__(self, call: Call, answer: Answer, first: Chunk | None) -> None:
        self._events = _events(call, answer, first)
        super().__init__(self._events, content_type="text/event-stream; charset=utf-8")
        self["X-Accel-Buffering"] = "no"  # nginx would keep pieces back
        self._end = weakref.finalize(self, _cancel_from_anywhere, asyncio.get_running_loop(), answer)
        self._end.atexit = False

    def close(self) -> None:
        """Called by Django in another thread when the client has gone or got everything."""
        self._end()
        super().close()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._events


def _cancel_from_anywhere(loop: asyncio.AbstractEventLoop, answer: Answer) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed, and everything on it
        loop.call_soon_threadsafe(answer.cancel)


async def _events(call: Call, answer: Answer, first: Chunk | None) -> AsyncGenerator[bytes]:
    pieces = _Pieces(call)
    chunk = first
    try:
        while chunk is not None:
            for piece in pieces.of(chunk):
                yield _event(piece)
            while (following := await _next_or_beat(answer)) is BEAT:
                yield BEAT_EVENT
            chunk = following
        if call.include_usage:
            yield _event(pieces.of_usage(answer))
        yield DONE
    except ApiError as error:
        yield _event(error.body())
    finally:
        answer.cancel()


async def _next_or_beat(answer: Answer) -> Any:
    try:
        return await answer.next(settings.API_LIMITS["heartbeat_s"])
    except TimeoutError:
        return BEAT


def _event(piece: wire.Json) -> bytes:
    return f"data: {json.dumps(piece, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


class _Pieces:
    """Chunks of an answer to objects of its stream."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._begun: set[int] = set()
        self._chars = [0] * call.request.sampling.n
        self._head = {**wire.head(call, streamed=True), "system_fingerprint": wire.fingerprint(call)}
        if call.include_usage:
            self._head["usage"] = None

    def of(self, chunk: Chunk) -> list[wire.Json]:
        """What a client is told of this chunk; nothing of a place in the queue."""
        told: dict[str, Any] = {}
        if chunk.decision is not None:
            told["duologue"] = wire.duologue(chunk.decision)
        if chunk.completion is not None:
            told["duologue"] = wire.duologue(chunk.completion)
            self._head["system_fingerprint"] = chunk.completion.checkpoint_sha256 or None
        if not (told or chunk.text or chunk.logprobs or chunk.finish_reason):
            return []
        pieces = [{**self._head, "choices": [choice]} for choice in self._choices(chunk)]
        pieces[-1].update(told)
        return pieces

    def of_usage(self, answer: Answer) -> wire.Json:
        """The last piece, where it was asked for."""
        used = wire.usage(answer.prompt_tokens, answer.completion_tokens)
        return {**self._head, "choices": [], "usage": used}

    def _choices(self, chunk: Chunk) -> list[wire.Json]:
        """The words, and in a piece of its own why there are no more."""
        found = []
        if chunk.text or chunk.logprobs or chunk.finish_reason is None:
            found.append(self._choice(chunk, chunk.text, None))
        if chunk.finish_reason is not None:
            found.append(self._choice(replace(chunk, logprobs=()), "", str(chunk.finish_reason)))
        return found

    def _choice(self, chunk: Chunk, text: str, finish_reason: str | None) -> wire.Json:
        at, self._chars[chunk.index] = self._chars[chunk.index], self._chars[chunk.index] + len(text)
        told = wire.logprobs(self._call, chunk.logprobs, at)
        said = {"delta": self._delta(chunk.index, text, finish_reason)} if self._call.chat else {"text": text}
        return {"index": chunk.index, **said, "logprobs": told, "finish_reason": finish_reason}

    def _delta(self, index: int, text: str, finish_reason: str | None) -> wire.Json:
        if index in self._begun:
            return {"content": text} if finish_reason is None else {}
        self._begun.add(index)
        return {"role": "assistant", "content": text}
