"""What a body may hold, what it becomes, and which field is named when it is wrong. The engine is a script."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import LazySettings

import inference
from chat.api.calls import chat_call, text_call
from chat.api.errors import ApiError, BadRequest
from chat.api.models import ApiKey
from inference import Role, Sampling
from tests.chat.api.conftest import QUESTION
from tests.scripted import ScriptedBackend

pytestmark = pytest.mark.usefixtures("backend")

ANSWERED = [*QUESTION, {"role": "assistant", "content": "On its"}]


def chat(**fields: Any) -> Any:
    return chat_call({"model": "default", "messages": QUESTION, **fields}, ApiKey())


def text(**fields: Any) -> Any:
    return text_call({"model": "default", "prompt": "Once upon", **fields}, ApiKey())


def wrong(call: Any, **fields: Any) -> tuple[str | None, str | None]:
    with pytest.raises(ApiError) as found:
        call(**fields)
    return found.value.param, found.value.code


def test_what_is_not_said_is_as_in_the_chat(settings: LazySettings):
    settings.CHAT_SAMPLING = {"temperature": 0.3, "max_new_tokens": 99}
    call = chat()
    assert call.request.sampling == Sampling(temperature=0.3, max_new_tokens=99)
    assert (call.chat, call.stream, call.include_usage, call.request.articles) == (True, False, False, True)


def test_everything_that_can_be_said():
    fields = {
        **{"temperature": 1, "top_p": 0.5, "top_k": 7, "seed": -3, "n": 2, "max_tokens": 5, "stop": "end"},
        **{"logprobs": True, "top_logprobs": 3, "stream": True, "stream_options": {"include_usage": True}},
        **{"user": "somebody", "response_format": {"type": "text"}, "duologue": {"articles": False}},
    }
    call = chat(**fields)
    assert call.request.sampling == Sampling(1.0, 0.5, 7, -3, 5, ("end",), 2, 3, cut_quotes=True)
    assert (call.stream, call.include_usage, call.request.articles) == (True, True, False)
    assert chat(max_completion_tokens=4, max_tokens=5).request.sampling.max_new_tokens == 4


@pytest.mark.parametrize(
    "field",
    [
        *("temperature", "top_p", "top_k", "n", "seed", "max_tokens", "max_completion_tokens", "stop", "stream"),
        *("stream_options", "logprobs", "top_logprobs", "response_format", "user", "duologue", "tools", "tool_choice"),
        *("presence_penalty", "frequency_penalty", "logit_bias", "store", "metadata", "service_tier"),
    ],
)
def test_null_is_as_good_as_nothing(field: str):
    assert chat(**{field: None}).request.sampling == chat().request.sampling


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("temperature", value) for value in (-0.1, 2.1, "1", True, [], float("inf"))],
        *[("top_p", value) for value in (-1, 1.5, "x")],
        *[("n", value) for value in (0, 9, 1.5, True, "2")],
        *[("max_tokens", value) for value in (0, -1, 5000, 1.0, "5")],
        *[("max_completion_tokens", value) for value in (0, 5000, "5")],
        *[("seed", value) for value in (1.5, "1", 2**63)],
        *[("stop", value) for value in ("", [""], ["a"] * 9, 5, {}, ["a", 1], "x" * 201)],
        *[("stream", value) for value in (1, "true")],
        *[("logprobs", value) for value in (1, "yes")],
        *[("top_logprobs", value) for value in (1, 21, -1)],  # 1 because logprobs are not asked for
        *[("stream_options", value) for value in ({}, [], "x")],
        *[("response_format", value) for value in ([], {"type": "xml"}, {"type": "json_schema"}, {})],
        *[("user", value) for value in (1, {"name": "x"}, "x" * 513, "\ud800")],
        *[("duologue", value) for value in ([], "x")],
        *[("tools", value) for value in ("x", {"a": 1})],
        *[("presence_penalty", value) for value in (0.1, "0", False)],
        *[("frequency_penalty", value) for value in (-1,)],
        *[("logit_bias", value) for value in ({"1": 1},)],
        *[("tool_choice", value) for value in ("required", {"type": "function"})],
        *[("messages", value) for value in ([], {}, "hello", [1] * 300)],
        *[("model", value) for value in ("", 1, [])],
        *[("nonsense", value) for value in (0, "", {})],
        *[("echo", value) for value in (True,)],
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(field: str, value: Any):
    param, code = wrong(chat, **{field: value})
    assert (param, bool(code)) == (field, True)


def test_inner_fields_are_named_with_the_way_to_them():
    assert wrong(chat, stream=True, stream_options={"x": 1})[0] == "stream_options.x"
    assert wrong(chat, duologue={"articles": 1})[0] == "duologue.articles"
    assert wrong(chat, duologue={"sources": []})[0] == "duologue.sources"


@pytest.mark.parametrize(
    ("message", "param"),
    [
        ("hello", "messages[0]"),
        ({"content": "x"}, "messages[0].role"),
        ({"role": "tool", "content": "x"}, "messages[0].role"),
        ({"role": "user"}, "messages[0].content"),
        ({"role": "user", "content": 5}, "messages[0].content"),
        ({"role": "user", "content": "\udc00"}, "messages[0].content"),
        ({"role": "user", "content": [{"type": "image_url", "image_url": {}}]}, "messages[0].content[0]"),
        ({"role": "user", "content": [{"type": "text"}]}, "messages[0].content[0].text"),
        ({"role": "user", "content": [{"type": "text", "text": "a", "x": 1}]}, "messages[0].content[0].x"),
        ({"role": "user", "content": "x", "extra": 1}, "messages[0].extra"),
        ({"role": "assistant", "content": "x", "tool_calls": [{}]}, "messages[0].tool_calls"),
    ],
)
def test_a_wrong_message_is_named(message: Any, param: str):
    assert wrong(chat, messages=[message])[0] == param


def test_roles_and_parts_of_text():
    parts = [{"type": "text", "text": "Where "}, {"type": "text", "text": "is it?"}]
    turns = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": "Hi", "name": "Ann"},
        {"role": "assistant", "content": "Hello", "refusal": None, "tool_calls": [], "annotations": []},
        {"role": "user", "content": parts},
    ]
    found = [(turn.role, turn.content) for turn in chat(messages=turns).request.messages]
    roles = [Role.SYSTEM, Role.USER, Role.ASSISTANT, Role.USER]
    assert found == list(zip(roles, ["Be brief.", "Hi", "Hello", "Where is it?"], strict=True))


def test_limits(settings: LazySettings):
    settings.API_LIMITS = {**settings.API_LIMITS, "messages": 2, "chars": 20, "n": 3, "max_tokens": 50}
    assert wrong(chat, messages=QUESTION * 3)[0] == "messages"
    assert wrong(chat, messages=[{"role": "user", "content": "x" * 21}]) == ("messages", "context_length_exceeded")
    assert wrong(text, prompt="x" * 21) == ("prompt", "context_length_exceeded")
    assert (wrong(chat, n=4)[0], wrong(chat, max_tokens=51)[0]) == ("n", "max_tokens")
    assert chat().request.sampling.max_new_tokens == 50


@pytest.mark.parametrize(
    "flags", [{}, {"continue_final_message": True}, {"continue_final_message": True, "add_generation_prompt": False}]
)
def test_an_answer_that_has_begun_is_continued(flags: dict[str, bool]):
    request = chat(messages=ANSWERED, **flags).request
    assert ([turn.content for turn in request.messages], request.prefix) == (["Where is my card?"], "On its")


def test_an_empty_beginning_is_none():
    request = chat(messages=[*QUESTION, {"role": "assistant", "content": ""}]).request
    assert (len(request.messages), request.prefix) == (1, "")


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"continue_final_message": True}, "continue_final_message"),
        ({"messages": ANSWERED, "continue_final_message": False}, "continue_final_message"),
        ({"messages": ANSWERED, "add_generation_prompt": True}, "add_generation_prompt"),
        ({"add_generation_prompt": False}, "add_generation_prompt"),
        ({"messages": ANSWERED, "n": 2}, "n"),
        ({"messages": ANSWERED[1:]}, "messages"),
        ({"messages": [*QUESTION, {"role": "system", "content": "x"}]}, "messages"),
    ],
)
def test_what_cannot_be_continued(fields: dict[str, Any], param: str):
    assert wrong(chat, **fields)[0] == param


def test_a_form_is_for_engines_that_keep_to_it(backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch):
    schema = {"type": "object", "properties": {"topic": {"type": "string"}}}
    asked = {"type": "json_schema", "json_schema": {"name": "topic", "schema": schema, "strict": True}}
    assert wrong(chat, response_format=asked) == ("response_format", "unsupported_value")
    monkeypatch.setattr(backend, "large", True)
    assert chat(response_format=asked).request.schema == schema
    assert chat(response_format={"type": "json_object"}).request.schema == {"type": "object"}


def test_a_text_goes_on_as_it_is_where_the_engine_can(backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch):
    assert text().request.prompt == ""
    monkeypatch.setattr(backend, "continues_text", True, raising=False)
    request = text(logprobs=2, suffix="", echo=False, best_of=1).request
    assert (request.prompt, request.messages[0].content, request.sampling.top_logprobs) == ("Once upon",) * 2 + (2,)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("prompt", value) for value in (None, "", "  ", [], ["a", "b"], [1, 2], [[1]], 5, "\ud800")],
        *[("echo", True), ("suffix", "x"), ("best_of", 2), ("messages", QUESTION)],
        *[("logprobs", True), ("logprobs", 21)],
    ],
)  # fmt: skip
def test_a_wrong_field_of_a_completion_is_named(field: str, value: Any):
    assert wrong(text, **{field: value})[0] == field


def test_models_are_those_of_the_key():
    inference.configure({"default": {"BACKEND": "tests.scripted.ScriptedBackend"}, "other": "default"})
    key = ApiKey(engines=["elsewhere"])
    with pytest.raises(ApiError) as hidden:
        chat_call({"model": "default", "messages": QUESTION}, key)
    assert (hidden.value.status, hidden.value.param) == (404, "model")
    assert wrong(chat, model=None) == ("model", "missing_parameter")


def test_a_bad_request_is_no_secret():
    with pytest.raises(BadRequest) as found:
        chat(nonsense_that_is_very_long="x")
    assert found.value.body()["error"]["message"] == "Unknown field: 'nonsense_that_is_very_long'."
