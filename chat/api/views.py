"""/v1: models, chat completions, completions. No cookie is read: the key alone says who asks."""

from __future__ import annotations

import functools
import logging
import math
from collections.abc import Callable, Coroutine
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from chat import processes
from chat.api import access, actions, wire
from chat.api.actions import Use
from chat.api.answers import Answer
from chat.api.calls import Call, chat_call, text_call
from chat.api.enums import Scope
from chat.api.errors import ApiError, BadRequest, Internal, TooLarge, Unavailable, UnknownPath, WrongMethod
from chat.api.fields import Fields, parse_object
from chat.api.models import ApiKey
from chat.api.stream import EventStream
from chat.faults import log_fault
from chat.offloop import off_loop

logger = logging.getLogger(__name__)

View = Callable[..., Coroutine[Any, Any, HttpResponseBase]]


def endpoint(method: str, scope: Scope) -> Callable[[View], View]:
    """A view for whoever has a key with this scope; every error becomes an error object."""

    def decorate(view: View) -> View:
        @csrf_exempt
        @functools.wraps(view)
        async def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                if request.method != method:
                    raise WrongMethod(f"This address takes {method} only.")
                _check_length(request)
                key = await off_loop(access.admit, request, scope)
                return await _counted(view, request, key, *args, **kwargs)
            except ApiError as error:
                return error_response(error, method)
            except Exception as error:
                log_fault(logger, "An API request failed", error)
                return error_response(Internal("The server made a mistake."), method)

        return wrapped

    return decorate


def error_response(error: ApiError, method: str = "") -> JsonResponse:
    """The error object with its status."""
    response = JsonResponse(error.body(), status=error.status)
    if error.retry_after_s is not None:
        response["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
    if error.status == WrongMethod.status:
        response["Allow"] = method
    if error.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


async def _counted(view: View, request: HttpRequest, key: ApiKey, *args: Any, **kwargs: Any) -> HttpResponseBase:
    """The view's answer; a request that is refused before it comes to an engine counts as an error of its key."""
    try:
        return await view(request, key, *args, **kwargs)
    except ApiError as error:
        if not error.counted:
            await off_loop(actions.record_use, key, Use(failed=True))
        raise


@endpoint("GET", Scope.MODELS)
async def models(request: HttpRequest, key: ApiKey) -> HttpResponseBase:
    """The engines that this key may ask, the default first."""
    await off_loop(actions.record_use, key, Use())
    return JsonResponse({"object": "list", "data": [wire.model(name) for name in access.visible_models(key)]})


@endpoint("GET", Scope.MODELS)
async def model(request: HttpRequest, key: ApiKey, name: str) -> HttpResponseBase:
    """One of them."""
    found = wire.model(access.model_of(key, name))
    await off_loop(actions.record_use, key, Use())
    return JsonResponse(found)


@endpoint("POST", Scope.CHAT)
async def chat_completions(request: HttpRequest, key: ApiKey) -> HttpResponseBase:
    """The next message of a conversation."""
    return await _answered(chat_call(_body(request), key), key)


@endpoint("POST", Scope.COMPLETIONS)
async def completions(request: HttpRequest, key: ApiKey) -> HttpResponseBase:
    """The continuation of a text."""
    return await _answered(text_call(_body(request), key), key)


@csrf_exempt
async def nowhere(request: HttpRequest, rest: str) -> HttpResponseBase:
    """What OpenAI's API has and this one has not."""
    return error_response(UnknownPath("There is nothing at this address."))


async def _answered(call: Call, key: ApiKey) -> HttpResponseBase:
    if processes.draining():
        raise Unavailable("This server is about to stop. Please ask again.", code="draining", retry_after_s=1)
    answer = Answer(call, key)
    handed_on = False
    try:
        # The first piece is awaited here, while a refusal can still become a status.
        first = await answer.next()
        if call.stream:
            handed_on = True
            return EventStream(call, answer, first)
        chunks = [chunk async for chunk in answer.rest(first)]
        return JsonResponse(wire.whole(call, chunks, answer.prompt_tokens, answer.completion_tokens))
    finally:
        if not handed_on:
            answer.cancel()


def _check_length(request: HttpRequest) -> None:
    """Refuse by the announced length, before the body is looked at."""
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise BadRequest("Content-Length must be a number.") from None
    _check_size(length)


def _body(request: HttpRequest) -> Fields:
    body = request.body
    _check_size(len(body))
    return parse_object(body)


def _check_size(size: int) -> None:
    limit = settings.API_LIMITS["body_bytes"]
    if size > limit:
        raise TooLarge(f"The body is larger than {limit} bytes.")
