"""What the HTTP views share: private answers, errors as JSON, bodies that are read with care."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.views.decorators.cache import never_cache

from chat import commands, events
from chat.commands import BadFrame
from chat.errors import ChatError
from chat.limits import address_of

logger = logging.getLogger(__name__)

View = Callable[..., Any]


def private_json(view: View) -> View:
    """A view that gives JSON nobody may cache; a ChatError becomes {code, detail, ...} with its status."""
    if inspect.iscoroutinefunction(view):

        @functools.wraps(view)
        async def wrapped(*args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                return await view(*args, **kwargs)
            except ChatError as error:
                return error_response(error)

    else:

        @functools.wraps(view)
        def wrapped(*args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                return view(*args, **kwargs)
            except ChatError as error:
                return error_response(error)

    return never_cache(wrapped)


def error_response(error: ChatError) -> HttpResponse:
    """A refusal outside the wire protocol."""
    body = {name: value for name, value in events.error(error).items() if name != "type"}
    return JsonResponse(body, status=error.status_code)


def events_response(shown: list[events.Event], status: int = 200) -> HttpResponse:
    """Wire events as an HTTP answer."""
    return JsonResponse({"events": shown}, status=status)


def json_body(request: HttpRequest, *fields: str) -> dict[str, Any]:
    """A JSON object with exactly these fields; BadCommand for anything else."""
    body = commands.parse_object(raw_body(request))
    if set(body) != set(fields):
        raise BadFrame()
    return body


def raw_body(request: HttpRequest) -> bytes:
    """The body, if its announced length is within a frame's limit: checked before it is read."""
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise BadFrame() from None
    if length > settings.CHAT_LIMITS["frame_bytes"]:
        raise BadFrame()
    return request.body


def address_of_request(request: HttpRequest) -> str:
    """The address to count by."""
    return address_of(request.META.get("REMOTE_ADDR") or "", request.META.get("HTTP_X_FORWARDED_FOR", ""))


def download(request: HttpRequest, pieces: Iterator[str], name: str, content_type: str) -> StreamingHttpResponse:
    """A file that is written while it is read."""
    body = _awaited(pieces) if isinstance(request, ASGIRequest) else pieces
    answer = StreamingHttpResponse(body, content_type=f"{content_type}; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


async def _awaited(pieces: Iterator[str]) -> AsyncIterator[str]:
    """The same for an event loop, which must not wait for a database."""
    step = sync_to_async(lambda: next(pieces, None))
    while (piece := await step()) is not None:
        yield piece
