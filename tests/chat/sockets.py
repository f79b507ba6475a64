"""Sockets and HTTP clients as a browser has them: with a session cookie and an origin."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from asgiref.sync import sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore

from chat import dispatch, replies
from chat.access import VISITOR_KEY, Actor
from chat.origin import OriginCheck
from chat.routing import websocket_urlpatterns

Event = dict[str, Any]
APPLICATION = OriginCheck(URLRouter(websocket_urlpatterns))
ORIGIN = "http://localhost"


def make_session(actor: Actor) -> str:
    """A stored session of a visitor; its key."""
    session = SessionStore()
    session[VISITOR_KEY] = actor.visitor
    session.save()
    return session.session_key


def headers(session_key: str = "", origin: str = ORIGIN, language: str = "") -> list[tuple[bytes, bytes]]:
    """What a browser sends when it opens a socket."""
    cookies = [f"{settings.SESSION_COOKIE_NAME}={session_key}"] if session_key else []
    if language:
        cookies.append(f"{settings.LANGUAGE_COOKIE_NAME}={language}")
    found = [(b"host", b"localhost"), (b"cookie", "; ".join(cookies).encode())]
    return [*found, (b"origin", origin.encode())] if origin else found


class Tab:
    """One open socket."""

    def __init__(self, conversation_id: object, session_key: str, **options: Any) -> None:
        path = f"/ws/c/{conversation_id}/"
        self.socket = WebsocketCommunicator(APPLICATION, path, headers=headers(session_key, **options))
        self.seen: list[Event] = []

    async def open(self) -> Event:
        """Connect; the snapshot."""
        connected, _ = await self.socket.connect(timeout=10)
        assert connected
        return await self.until("snapshot")

    async def send(self, type_: str, **fields: Any) -> None:
        """A command."""
        await self.socket.send_to(text_data=json.dumps({"type": type_, **fields}))

    async def next(self) -> Event:
        """The next event; a closed socket is an event of type "closed"."""
        output = await self.socket.receive_output(timeout=10)
        if output["type"] == "websocket.close":
            event = {"type": "closed", "code": output.get("code")}
        else:
            event = json.loads(output["text"])
        self.seen.append(event)
        return event

    async def until(self, type_: str) -> Event:
        """The next event of this type; those before it are in `seen`."""
        while True:
            event = await self.next()
            if event["type"] == type_:
                return event
            assert event["type"] != "closed", event

    async def close(self) -> None:
        """Close the tab."""
        await self.socket.disconnect(timeout=10)


@contextlib.asynccontextmanager
async def open_tab(conversation_id: object, actor: Actor, **options: Any) -> AsyncIterator[Tab]:
    """A tab of this visitor that has its snapshot."""
    tab = Tab(conversation_id, await db(make_session, actor), **options)
    tab.seen.append(await tab.open())
    tab.seen.pop()
    try:
        yield tab
    finally:
        await tab.close()
        await all_done()


async def all_done() -> None:
    """Wait for every command and reply of this process."""
    while tasks := [*dispatch._running, *(reply.task for reply in replies._live.values() if reply.task)]:
        await asyncio.wait(tasks)


async def db(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Run database code of a test."""
    return await sync_to_async(function)(*args, **kwargs)
