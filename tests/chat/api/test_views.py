"""/v1 as a program sees it: statuses, error objects, whole and streamed answers. The engine is a script."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.utils import timezone

from chat import processes
from chat.api import actions
from chat.api.actions import Use
from chat.api.models import ApiKey, ApiUse
from chat.offloop import off_loop
from inference import Decision, FinishReason, Waiting
from inference.errors import (
    BackendUnavailable,
    EngineDied,
    InferenceError,
    InvalidRequest,
    MessageTooLong,
    Overloaded,
    StepFailed,
)
from tests.chat.api.conftest import QUESTION, MakeKey, Program, events
from tests.scripted import Fail, Raise, ScriptedBackend, Vanish

pytestmark = [pytest.mark.usefixtures("backend"), pytest.mark.django_db(transaction=True)]

DECIDED = Decision("rules", "rules_sure", 0.9, ("card_arrival",))
RECORDED = {"answered_by": "", "reason": "", "confidence": None, "sources": ["card_arrival"], "abstained": False}


async def uses() -> list[tuple[str, int, int, int, int]]:
    """Use as it was counted: engine, requests, tokens read and written, errors."""
    fields = ("model", "requests", "prompt_tokens", "completion_tokens", "errors")
    return await off_loop(lambda: list(ApiUse.objects.order_by("model").values_list(*fields)))


# --- models ------------------------------------------------------------------------------------------------
async def test_models_are_listed_and_found(program: Program):
    listed = (await program.get("models")).json()
    assert (listed["object"], [model["id"] for model in listed["data"]]) == ("list", ["default"])
    assert (await program.get("models/default")).json() == listed["data"][0]
    assert listed["data"][0].keys() == {"id", "object", "created", "owned_by"}
    unknown = await program.get("models/gpt-4")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "model_not_found")


async def test_a_key_sees_its_own_engines_alone(make_key: MakeKey):
    _key, secret = await off_loop(make_key, engines=["other"])
    narrow = Program(secret)
    assert (await narrow.get("models")).json()["data"] == []
    assert [(await narrow.get("models/default")).status_code, (await narrow.chat()).status_code] == [404, 404]


# --- whole answers -----------------------------------------------------------------------------------------
async def test_a_whole_answer(program: Program):
    found = (await program.chat()).json()
    assert found.pop("id").startswith("chatcmpl-")
    assert isinstance(found.pop("created"), int)
    assert found == {
        "object": "chat.completion",
        "model": "default",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello there.", "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
        "system_fingerprint": "ab" * 32,
        "duologue": RECORDED,
    }
    assert await uses() == [("default", 1, 7, 3, 0)]


async def test_a_text_is_a_question_where_the_engine_only_talks(program: Program, backend: ScriptedBackend):
    found = (await program.post("completions", {"model": "default", "prompt": ["Where is it?"]})).json()
    assert (found["object"], found["choices"]) == (
        "text_completion",
        [{"index": 0, "text": "Hello there.", "logprobs": None, "finish_reason": "stop"}],
    )
    assert (backend.requests[0].messages[0].content, backend.requests[0].prompt) == ("Where is it?", "")


async def test_an_answer_cut_at_its_length_says_so(program: Program, backend: ScriptedBackend):
    backend.scripts = [["Hello ", FinishReason.LENGTH]]
    assert (await program.chat(max_tokens=1)).json()["choices"][0]["finish_reason"] == "length"


# --- streamed answers --------------------------------------------------------------------------------------
async def test_a_streamed_answer(program: Program, backend: ScriptedBackend):
    backend.scripts = [[Waiting("queued", 1), DECIDED, "Hello ", "there."]]
    response = await program.chat(stream=True, stream_options={"include_usage": True})
    assert response["Content-Type"] == "text/event-stream; charset=utf-8"
    assert "no-store" in response["Cache-Control"]
    found = await events(response)
    assert found.pop() == "[DONE]"
    used = found.pop()
    assert (used["choices"], used["usage"]["total_tokens"]) == ([], 10)
    assert {event["object"] for event in found} == {"chat.completion.chunk"}
    assert {(event["id"], event["usage"]) for event in found} == {(used["id"], None)}
    assert [event["choices"][0]["delta"] for event in found] == [
        *({"role": "assistant", "content": ""}, {"content": "Hello "}, {"content": "there."}),
        {},
    ]
    assert [event["choices"][0]["finish_reason"] for event in found] == [None, None, None, "stop"]
    assert found[0]["duologue"]["sources"] == ["card_arrival"]
    assert (found[-1]["duologue"], found[-1]["system_fingerprint"]) == (RECORDED, "ab" * 32)
    assert await uses() == [("default", 1, 7, 3, 0)]


async def test_who_waits_hears_a_comment(program: Program, backend: ScriptedBackend, settings: LazySettings):
    settings.API_LIMITS = {**settings.API_LIMITS, "heartbeat_s": 0.01}
    gate = asyncio.Event()
    backend.scripts = [[Waiting("queued", 3), gate, "Hello."]]
    response = await program.chat(stream=True)
    found = []
    async for data in response:
        found.append(data)
        gate.set()
    assert (found[0], found[-1]) == (b": waiting\n\n", b"data: [DONE]\n\n")


async def test_an_error_in_the_middle_ends_the_stream_without_its_mark(program: Program, backend: ScriptedBackend):
    backend.scripts = [["Hello ", Fail(StepFailed("secret words"))]]
    found = await events(await program.chat(stream=True))
    assert found[0]["choices"][0]["delta"]["content"] == "Hello "
    assert found[1:] == [
        {"error": {"message": BROKE_OFF, "type": "server_error", "param": None, "code": "step_failed"}}
    ]
    assert await uses() == [("default", 1, 7, 3, 1)]


async def test_an_error_before_the_first_word_has_a_status_even_when_streamed(
    program: Program, backend: ScriptedBackend
):
    backend.scripts = [[Raise(Overloaded("full", 7))]]
    response = await program.chat(stream=True)
    assert (response.status_code, response["Retry-After"]) == (429, "7")


async def test_leaving_a_stream_ends_the_answer_and_counts_it(program: Program, backend: ScriptedBackend):
    backend.scripts = [["Hello ", "there ", asyncio.Event(), "never"]]
    response = await program.chat(stream=True)
    stream = aiter(response)
    assert b"Hello" in await anext(stream) + await anext(stream)
    await stream.aclose()
    await ended(backend)
    assert await uses() == [("default", 1, 0, 2, 0)]


async def test_a_stream_that_nobody_begins_to_read_ends_too(program: Program, backend: ScriptedBackend):
    backend.scripts = [["Hello ", asyncio.Event()]]
    response = await program.chat(stream=True)
    await off_loop(response.close)
    await ended(backend)


async def test_leaving_a_whole_answer_ends_it(program: Program, backend: ScriptedBackend):
    backend.scripts = [["Hello ", asyncio.Event()]]
    asking = asyncio.create_task(program.chat())
    while not backend.requests:
        await asyncio.sleep(0.01)
    asking.cancel()
    await asyncio.wait([asking])
    await ended(backend)


async def ended(backend: ScriptedBackend) -> None:
    """Wait until the engine has heard that nobody listens, and the use is counted."""
    async with asyncio.timeout(10):
        while not backend.cancelled or not await uses():
            await asyncio.sleep(0.01)


BROKE_OFF = "The answer broke off because of an error on the server."


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (MessageTooLong("secret"), 400, "context_length_exceeded"),
        (InvalidRequest("secret"), 400, "invalid_request"),
        (Overloaded("secret", 3), 429, "overloaded"),
        (BackendUnavailable("secret"), 503, "backend_unavailable"),
        (EngineDied("secret"), 500, "engine_died"),
        (RuntimeError("secret"), 500, "internal_error"),
    ],
)
async def test_errors_of_the_engine(
    program: Program, backend: ScriptedBackend, error: InferenceError, status: int, code: str
):
    backend.scripts = [[Raise(error)]]
    response = await program.chat()
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert "secret" not in response.content.decode()
    assert response.headers.get("Retry-After") == {429: "3", 503: "30"}.get(status)
    assert await uses() == [("default", 1, 0, 0, 1)]


async def test_an_engine_that_forgets_to_end(program: Program, backend: ScriptedBackend):
    backend.scripts = [["Hello ", Vanish()], ["Hello ", FinishReason.CANCELLED]]
    assert [(await program.chat()).status_code for _ in range(2)] == [500, 500]


async def test_an_answer_that_takes_too_long(program: Program, backend: ScriptedBackend, settings: LazySettings):
    settings.API_LIMITS = {**settings.API_LIMITS, "answer_s": 0.05}
    backend.scripts = [["Hello ", asyncio.Event()]]
    response = await program.chat()
    assert (response.status_code, response.json()["error"]["code"]) == (503, "timed_out")


async def test_a_server_that_is_about_to_stop_begins_no_answer(program: Program):
    processes.begin_draining()
    response = await program.chat()
    assert (response.status_code, response["Retry-After"], response.json()["error"]["code"]) == (503, "1", "draining")


# --- who may -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer duo-wrong", "Bearer \x00é"])
async def test_without_a_right_key(header: str | None):
    client = Program(None)
    headers = {} if header is None else {"Authorization": header}
    response = await client.get("models", **headers)
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert response.json()["error"].keys() == {"message", "type", "param", "code"}
    assert response.json()["error"]["code"] == "invalid_api_key"


async def test_ended_keys_look_like_wrong_ones(make_key: MakeKey):
    past = timezone.now() - timedelta(seconds=1)
    answers = []
    for name, fields in {"expired": {"expires_at": past}, "revoked": {"revoked_at": past}}.items():
        _key, secret = await off_loop(make_key, name, **fields)
        answers.append((await Program(secret).get("models")).content)
    wrong = (await Program("duo-wrong").get("models")).content
    assert answers == [wrong, wrong]


async def test_a_scope_that_the_key_lacks(make_key: MakeKey):
    _key, secret = await off_loop(make_key, scopes=["models"])
    program = Program(secret)
    response = await program.chat()
    assert (response.status_code, response.json()["error"]["type"]) == (403, "permission_error")
    assert (await program.get("models")).status_code == 200


async def test_the_rate_of_a_key(make_key: MakeKey):
    _key, secret = await off_loop(make_key, rate_per_minute=2)
    program = Program(secret)
    statuses = [(await program.chat()).status_code for _ in range(2)]
    refused = await program.chat()
    assert (statuses, refused.status_code, refused.json()["error"]["code"]) == ([200, 200], 429, "rate_limit_exceeded")
    assert int(refused["Retry-After"]) >= 1


async def test_wrong_keys_from_one_address_have_to_wait():
    statuses = {(await Program("duo-wrong").get("models")).status_code for _ in range(31)}
    assert statuses == {401, 429}


async def test_the_budget_of_a_day(make_key: MakeKey):
    key, secret = await off_loop(make_key, daily_tokens=10)
    program = Program(secret)
    assert (await program.chat()).status_code == 200
    refused = await program.chat()
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "insufficient_quota")
    assert 1 <= int(refused["Retry-After"]) <= 86_400
    yesterday = timezone.now() - timedelta(days=1)
    await off_loop(lambda: ApiUse.objects.filter(key=key).update(day=yesterday.date()))
    assert (await program.chat()).status_code == 200


async def test_a_cookie_opens_nothing_and_none_is_set(program: Program):
    stranger = Program(None)
    await stranger.client.get("/")
    assert (await stranger.get("models")).status_code == 401
    assert (await program.chat()).cookies == {}


# --- what is wrong with a request --------------------------------------------------------------------------
async def test_a_request_that_is_refused_counts_as_an_error(program: Program):
    assert (await program.chat(nonsense=1)).status_code == 400
    assert await uses() == [("", 1, 0, 0, 1)]


async def test_bodies_that_are_none(program: Program, settings: LazySettings):
    for body in (b"", b"[]", b"{", b'{"a": NaN}', b"\xff", b"[" * 5000):
        response = await program.post("chat/completions", body)
        assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid_json")
    settings.API_LIMITS = {**settings.API_LIMITS, "body_bytes": 100}
    large = await program.post("chat/completions", b"x" * 101)
    assert (large.status_code, large.json()["error"]["code"]) == (413, "request_too_large")


async def test_other_methods_and_other_addresses(program: Program):
    wrong = await program.get("chat/completions")
    assert (wrong.status_code, wrong["Allow"]) == (405, "POST")
    assert (await program.post("models", {}))["Allow"] == "GET"
    nowhere = await program.get("embeddings")
    assert (nowhere.status_code, nowhere.json()["error"]["code"]) == (404, "unknown_url")


async def test_use_that_cannot_be_counted_takes_no_answer_away(program: Program, monkeypatch: pytest.MonkeyPatch):
    def broken(_key: ApiKey, _use: Use) -> None:
        raise OSError

    monkeypatch.setattr(actions, "record_use", broken)
    assert (await program.chat(messages=QUESTION)).status_code == 200
