"""A tab's socket: frames in, commands on; events out. Nothing here waits for a model.

Channels gives a consumer one message at a time, so a handler that took long would not hear Stop.
Close codes: 4001 this process is about to end, 4400 too many bad frames, 4403 signed out, 4404 not found (or not
yours), 4429 flood, 4500 our fault. (4008, a client that does not
read, is the line's: see wire.py.)
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
import uuid
from typing import Any

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.utils import await_many_dispatch
from django.conf import settings
from django.utils import translation

from chat import access, commands, dispatch, events, hub, limits, processes, replies, scopes, serializers
from chat.commands import BadFrame
from chat.dispatch import Asker
from chat.errors import ChatError, NotFound, RateLimited, Restarting
from chat.events import Event
from chat.faults import log_fault
from chat.following import Following
from chat.offloop import off_loop
from chat.watching import NOT_FOUND, SIGNED_OUT, Claim, get_watch

logger = logging.getLogger(__name__)

RESTARTING, BAD_FRAMES, FLOOD, OUR_FAULT = 4001, 4400, 4429, 4500
FRAME_BURST, FRAMES_PER_S, MAX_REFUSED_FRAMES = 30, 5.0, 30
MAX_BEHIND = 1000  # events that wait for a handler to end
EVENT, MODEL, DELTA = "chat.event", "chat.model", "reply.delta"


class SignedOut(Exception):
    """The session or the account that opened the socket is not valid any more."""


class ChatConsumer(AsyncWebsocketConsumer):
    """One tab looking at one conversation."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """As Channels does, with the hub in place of a channel of the layer's."""
        self.scope, self.base_send = scope, send
        self._inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._behind, self._busy = 0, False
        self._following = Following()
        with contextlib.suppress(StopConsumer):
            await await_many_dispatch([receive, self._inbox.get], self.dispatch)

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Call the handler. Without Channels' trip through the shared database thread, which this never uses."""
        handlers = {
            "websocket.connect": self.websocket_connect,
            "websocket.receive": self.websocket_receive,
            "websocket.disconnect": self.websocket_disconnect,
            EVENT: self.chat_event,
            MODEL: self.tell_model,
        }
        self._busy = True
        try:
            await handlers[message["type"]](message)
        finally:
            self._busy = False

    async def hear(self, event: Event, frame: str) -> None:
        """An event from the hub: a word goes straight out, unless a handler (a snapshot, say) has to come first."""
        self._following.take(event)
        if event["type"] == DELTA and not self._behind and not self._busy:
            await self._send_frame(frame)
        elif self._behind <= MAX_BEHIND:
            self._inbox.put_nowait({"type": EVENT, "event": event if self._behind < MAX_BEHIND else events.RESYNC})
            self._behind += 1

    def doubtful(self, known: set[str]) -> bool:
        """Whether this tab should read the state again, because news of a reply does not come."""
        return self._following.doubtful(known)

    async def connect(self) -> None:
        """Let the owner in and send the state; everybody else gets a close code and not a word."""
        self._set_up()
        await self.accept()
        if processes.draining():
            await self._refuse(RESTARTING)
            return
        try:
            self._actor = await off_loop(access.actor_of_session, self._session_key)
            if not self._actor:
                raise SignedOut
            await self._join()
        except SignedOut:
            await self._refuse(SIGNED_OUT)
        except NotFound:
            await self._refuse(NOT_FOUND)
        except Exception as error:
            log_fault(logger, "A socket could not be opened", error)
            await self._refuse(OUR_FAULT)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """One frame: an answer, an error event, or a closed socket; never an exception."""
        if self._closed:
            return
        try:
            await self._obey(text_data)
        except BadFrame as error:
            await self._count_bad_frame(error)
        except Restarting:
            await self._send(events.again(str(text_data)))
            await self._refuse(RESTARTING)
        except ChatError as error:
            await self._send(events.error(error))
        except SignedOut:
            await self._refuse(SIGNED_OUT)
        except Exception as error:
            log_fault(logger, "A command failed", error)
            await self._send(events.error(ChatError()))

    async def chat_event(self, message: dict[str, Any]) -> None:
        """An event that waited for its turn."""
        self._behind -= 1
        event = message["event"]
        if event["type"] == events.GONE["type"]:
            await self._refuse(NOT_FOUND)
        elif event["type"] == events.RESYNC["type"]:
            await self._resync()
        else:
            await self._send(events.localized(event))

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        """The tab is gone; its replies go on."""
        await self._leave()
        raise StopConsumer()

    def _set_up(self) -> None:
        self._closed = False
        self._bad_frames = self._refused_frames = 0
        self._bucket = limits.TokenBucket(FRAME_BURST, FRAMES_PER_S)
        self._model: dict[str, Any] = {}
        self._session_key = scopes.session_key_of(self.scope)
        self._conversation_id: uuid.UUID = self.scope["url_route"]["kwargs"]["conversation_id"]
        translation.activate(scopes.language_of(self.scope))

    async def _join(self) -> None:
        await off_loop(access.get_conversation, self._actor, self._conversation_id)
        # The hub first, the state second: an event between the two is seen twice rather than never.
        hub.get_hub().join(str(self._conversation_id), self)
        await self._send_snapshot()
        self.claim = Claim(self._session_key, self._actor, self._conversation_id)
        get_watch().add(self)

    async def _obey(self, text: str | None) -> None:
        if not self._bucket.take(time.monotonic()):
            await self._refuse_frame()
            return
        command = commands.parse_frame(text)
        await self._recheck()
        asker = Asker(self._actor, scopes.address_of_scope(self.scope))
        outcome = await dispatch.dispatch(asker, self._conversation_id, command)
        for event in outcome.answer:
            await self._send(event)

    async def _refuse_frame(self) -> None:
        self._refused_frames += 1
        if self._refused_frames > MAX_REFUSED_FRAMES:
            await self._refuse(FLOOD)
        else:
            raise RateLimited(retry_after_s=1)

    async def _count_bad_frame(self, error: BadFrame) -> None:
        self._bad_frames += 1
        await self._send(events.error(error))
        if self._bad_frames >= settings.CHAT_LIMITS["bad_frames"]:
            await self._refuse(BAD_FRAMES)

    async def _resync(self) -> None:
        try:
            await self._send_snapshot()
        except NotFound:
            await self._refuse(NOT_FOUND)
        except Exception as error:
            self._following.mistrust()
            log_fault(logger, "A tab could not be given the state", error)

    async def _send_snapshot(self) -> None:
        snapshot = await off_loop(dispatch.snapshot, self._actor, self._conversation_id)
        self._model = snapshot["model"]
        self._following.take(snapshot)
        await self._send(snapshot)
        for message in snapshot["messages"]:
            waiting = replies.waiting_event(message["id"])
            if waiting is not None:
                await self._send(waiting)

    def look_at_model(self) -> None:
        """The watch asks now and then; the answer is sent in the page's language, so by the consumer's own task."""
        if self._model["state"] not in ("ready", "failed"):
            self._inbox.put_nowait({"type": MODEL})

    async def tell_model(self, message: dict[str, Any]) -> None:
        """Send how the model's start goes, if that is news."""
        model = serializers.model_json()
        if model != self._model:
            self._model = model
            await self._send({"type": "model.status", "model": model})

    async def turn_away(self, code: int) -> None:
        """The session or the conversation is gone."""
        await self._refuse(code)

    async def _recheck(self) -> None:
        if await off_loop(access.actor_of_session, self._session_key) != self._actor:
            raise SignedOut

    async def _send(self, event: Event) -> None:
        await self._send_frame(json.dumps(event))

    async def _send_frame(self, frame: str) -> None:
        if not self._closed:
            await self.base_send({"type": "websocket.send", "text": frame})

    async def _refuse(self, code: int) -> None:
        if self._closed:
            return
        await self._leave()
        await self.close(code)

    async def _leave(self) -> None:
        self._closed = True
        hub.get_hub().leave(str(self._conversation_id), self)
        get_watch().remove(self)


class NowhereConsumer(AsyncWebsocketConsumer):
    """Any other path: refused, without a traceback."""

    async def connect(self) -> None:
        """Refuse."""
        await self.close()
