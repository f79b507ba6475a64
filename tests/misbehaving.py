"""A small real HTTP server that speaks the OpenAI protocol and misbehaves on purpose: the model's name says how.

It runs in the test's own event loop, and notes what it received and when a client went away.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

WORDS = ["Open ", "the ", "app."]
USAGE = {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14}


@dataclass
class Seen:
    """One request; `gone` is set when its connection has ended."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    gone: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Talk:
    """The server's side of one request."""

    seen: Seen
    writer: asyncio.StreamWriter
    attempt: int  # how many for this model came before

    async def head(self, status: int, *headers: str, kind: str = "application/json") -> None:
        lines = [f"HTTP/1.1 {status} X", f"content-type: {kind}", "connection: close", *headers]
        await self._write("\r\n".join(lines) + "\r\n\r\n")

    async def refuse(self, status: int, body: Any, *headers: str) -> None:
        await self.head(status, *headers)
        await self._write(body if isinstance(body, str) else json.dumps(body))

    async def stream(self) -> None:
        await self.head(200, "transfer-encoding: chunked", kind="text/event-stream")

    async def line(self, text: str) -> None:
        data = f"{text}\n\n".encode()
        await self._write(f"{len(data):x}\r\n{data.decode()}\r\n")

    async def event(self, **fields: Any) -> None:
        await self.line(f"data: {json.dumps({'id': 'x', 'object': 'chat.completion.chunk', **fields})}")

    async def say(self, text: str, index: int = 0, logprobs: Any = None, **fields: Any) -> None:
        choice = {"index": index, "delta": {"content": text}, "finish_reason": None, "logprobs": logprobs}
        await self.event(choices=[choice], **fields)

    async def finish(self, reason: str = "stop", index: int = 0, **fields: Any) -> None:
        await self.event(choices=[{"index": index, "delta": {}, "finish_reason": reason}], **fields)

    async def usage(self) -> None:
        if self.seen.body.get("stream_options", {}).get("include_usage"):
            await self.event(choices=[], usage=USAGE)

    async def done(self) -> None:
        await self.line("data: [DONE]")
        await self._write("0\r\n\r\n")

    async def forever(self) -> None:
        await self.seen.gone.wait()

    async def _write(self, text: str) -> None:
        self.writer.write(text.encode())
        await self.writer.drain()


async def well(talk: Talk) -> None:
    """The whole of an answer, as the protocol has it; every candidate says the same."""
    await talk.stream()
    count = talk.seen.body.get("n", 1)
    for word in WORDS:
        for index in range(count):
            await talk.say(word, index)
    for index in range(count):
        await talk.finish(index=index)
    await talk.usage()
    await talk.done()


def status(number: int, code: str = "", *headers: str, times: int = 99) -> Callable[[Talk], Awaitable[None]]:
    """An error object; after so many `times` all is well."""

    async def play(talk: Talk) -> None:
        if talk.attempt >= times:
            await well(talk)
        else:
            await talk.refuse(number, {"error": {"message": "the visitor said SECRET", "code": code or None}}, *headers)

    return play


def without(field_name: str) -> Callable[[Talk], Awaitable[None]]:
    """A server that refuses one field."""

    async def play(talk: Talk) -> None:
        if field_name in talk.seen.body:
            await talk.refuse(422, {"detail": f"Unexpected fields in the request: {{'{field_name}'}}"})
        else:
            await well(talk)

    return play


def then(*steps: str | dict[str, Any], end: str = "done", first: str = "stream") -> Callable[[Talk], Awaitable[None]]:
    """A stream of words (texts), raw lines ({"line": ...}) and the like, that ends in the way named."""

    async def play(talk: Talk) -> None:
        await getattr(talk, first)()
        for step in steps:
            if isinstance(step, str):
                await talk.say(step)
            elif "line" in step:
                await talk.line(step["line"])
            elif "finish" in step:
                await talk.finish(step["finish"])
            else:
                await talk.event(**step)
        if end != "cut":
            await getattr(talk, end)()

    return play


async def trickle(talk: Talk) -> None:
    """A word now and then, without an end."""
    await talk.stream()
    while not talk.seen.gone.is_set():
        await talk.say("drip ")
        await asyncio.sleep(0.05)


async def pings(talk: Talk) -> None:
    """Signs of life, and never a word."""
    await talk.stream()
    while not talk.seen.gone.is_set():
        await talk.line(": ping")
        await talk.event(choices=[{"index": 0, "delta": {"role": "assistant", "content": ""}}])
        await asyncio.sleep(0.02)


async def one_only(talk: Talk) -> None:
    """Takes n and gives one candidate, as servers do that know nothing of it."""
    talk.seen.body.pop("n", None)
    await well(talk)


async def flaky(talk: Talk) -> None:
    """Breaks off before the first word twice, then all is well."""
    await (then(end="cut") if talk.attempt < 2 else well)(talk)


FAULTS: dict[str, Callable[[Talk], Awaitable[None]]] = {
    "well": well,
    "401": status(401, "invalid_api_key"),
    "403": status(403),
    "404": status(404, "model_not_found"),
    "302": status(302, "", "location: http://127.0.0.1:1/"),
    "400": status(400),
    "422": status(422),
    "too_long": status(400, "context_length_exceeded"),
    "filter": status(400, "content_filter"),
    "429": status(429, "", "retry-after: 70"),
    "429_soon": status(429, "", "retry-after: 0", times=2),
    "quota": status(429, "insufficient_quota"),
    "500": status(500),
    "502": status(502),
    "503": status(503),
    "503_once": status(503, "", "retry-after: 0", times=1),
    "504": status(504),
    "html": then({"line": "<html>It works!</html>"}, end="done"),
    "broken_json": then({"line": 'data: {"choices": [{'}),
    "broken_json_later": then("Open ", {"line": 'data: {"choices": [{'}),
    "nonsense": then({"choices": [{"index": 0, "delta": {"content": 7}}]}),
    "wrong_shape": then({"choices": "none"}),
    "error_in_200": then({"line": 'data: {"error": {"message": "SECRET", "code": "oops"}}'}),
    "error_in_200_later": then("Open ", "the ", {"line": 'data: {"error": "CUDA SECRET"}'}),
    "cut_early": then(end="cut"),
    "cut": then("Open ", "the ", end="cut"),
    "no_end": then("Open ", "the "),
    "empty": then({"finish": "stop"}),
    "filtered": then({"finish": "content_filter"}),
    "filtered_later": then("Open ", {"finish": "content_filter"}),
    "hang": then(first="forever"),
    "hang_after_headers": then(end="forever"),
    "hang_later": then("Open ", end="forever"),
    "hang_at_the_end": then("Open ", {"finish": "length"}, end="forever"),
    "trickle": trickle,
    "pings": pings,
    "flaky": flaky,
    "one_only": one_only,
    "without_n": without("n"),
    "without_stream_options": without("stream_options"),
    "without_response_format": without("response_format"),
    "without_max_tokens": without("max_tokens"),
    "without_messages": without("messages"),
}


@dataclass
class Misbehaving:
    """The server; `plays` can be added to."""

    url: str = ""
    requests: list[Seen] = field(default_factory=list)
    plays: dict[str, Callable[[Talk], Awaitable[None]]] = field(default_factory=lambda: dict(FAULTS))
    models: list[str] | None = None

    def asked(self, model: str) -> list[Seen]:
        """The requests for that model."""
        return [seen for seen in self.requests if seen.body.get("model") == model]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        try:
            seen = await _read(reader)
            attempt = len(self.asked(seen.body.get("model", "")))
            self.requests.append(seen)
            watch = asyncio.create_task(_watch(reader, seen))
            try:
                await self._play(Talk(seen, writer, attempt))
            finally:
                writer.close()
                await watch
        except (ConnectionError, asyncio.IncompleteReadError):
            return

    async def _play(self, talk: Talk) -> None:
        if talk.seen.method == "POST":
            await self.plays[talk.seen.body["model"]](talk)
        elif self.models is None:
            await talk.refuse(404, {})
        else:
            await talk.refuse(200, {"object": "list", "data": [{"id": name} for name in self.models]})


async def _read(reader: asyncio.StreamReader) -> Seen:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    method, path, _version = head[0].split(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Seen(method, path, headers, json.loads(body) if body else {})


async def _watch(reader: asyncio.StreamReader, seen: Seen) -> None:
    try:
        await reader.read()
    except ConnectionError:
        pass
    finally:
        seen.gone.set()


@asynccontextmanager
async def misbehaving(port: int = 0) -> AsyncIterator[Misbehaving]:
    """The server while it runs, on that port or a free one."""
    server = Misbehaving()
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(server.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    listener = await asyncio.start_server(accept, "127.0.0.1", port)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/v1"
    try:
        yield server
    finally:
        listener.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await listener.wait_closed()
