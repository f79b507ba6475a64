"""A body becomes a request to an engine: what OpenAI's API allows, within our limits, and what is extra here."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings

import inference
from chat.api import access, messages
from chat.api.errors import BadRequest
from chat.api.fields import Fields, Reader
from chat.api.models import ApiKey
from inference import ChatMessage, Request, Role, Sampling
from inference.registry import is_large
from inference.types import MAX_CANDIDATES, MAX_STOP_STRINGS, MAX_TOP_LOGPROBS

SEED = 2**63  # what a client's 64-bit number may be
MAX_USER = 512
# Fields that ask for nothing when they have one of these values (null always does), and are refused otherwise.
NEUTRAL: dict[str, tuple[Any, ...]] = {
    "presence_penalty": (0,),
    "frequency_penalty": (0,),
    "logit_bias": ({},),
    "metadata": ({},),
    "store": (False,),
    "service_tier": ("auto", "default"),
}
NEUTRAL_CHAT: dict[str, tuple[Any, ...]] = {
    **NEUTRAL,
    "tool_choice": ("auto", "none"),
    "parallel_tool_calls": (True, False),
    "function_call": ("auto", "none"),
    "modalities": (["text"],),
    "reasoning_effort": ("none",),
    "verbosity": ("medium",),
    "audio": (),
    "prediction": (),
    "web_search_options": (),
}
NEUTRAL_TEXT: dict[str, tuple[Any, ...]] = {**NEUTRAL, "best_of": (1,), "echo": (False,), "suffix": ("",)}


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked: the request, and how the answer shall come back."""

    request: Request
    chat: bool = True
    stream: bool = False
    include_usage: bool = False
    created: int = field(default_factory=lambda: int(time.time()))

    @property
    def model(self) -> str:
        """The engine's name."""
        return self.request.backend


def chat_call(body: Fields, key: ApiKey) -> Call:
    """The body of /v1/chat/completions. Raises BadRequest or UnknownModel."""
    reader = Reader(body)
    model = _model(reader, key)
    turns = messages.read(reader.any("messages"))
    turns, prefix = _continued(reader, turns)
    sampling = _sampling(reader, _top_logprobs(reader), reader.any("max_completion_tokens"))
    if prefix and sampling.n > 1:
        raise BadRequest("n must be 1 when an answer is continued.", "n", "invalid_value")
    _offers(reader)
    schema = _schema(reader, model)
    articles = _articles(reader)
    call = Call(Request(turns, sampling, prefix, model, articles=articles, schema=schema))
    return _finished(reader, call, NEUTRAL_CHAT)


def text_call(body: Fields, key: ApiKey) -> Call:
    """The body of /v1/completions: a text to go on with; for an engine that only talks, a question."""
    reader = Reader(body)
    model = _model(reader, key)
    prompt = _prompt(reader)
    sampling = _sampling(reader, reader.whole("logprobs", 0, MAX_TOP_LOGPROBS))
    request = Request((ChatMessage(Role.USER, prompt),), sampling, backend=model, articles=_articles(reader))
    if getattr(inference.get_backend(model), "continues_text", False):
        request = replace(request, prompt=prompt)
    return _finished(reader, Call(request, chat=False), NEUTRAL_TEXT)


def _finished(reader: Reader, call: Call, neutral: dict[str, tuple[Any, ...]]) -> Call:
    """With how the answer comes back; whatever field is left by then is refused."""
    stream = bool(reader.flag("stream"))
    options = reader.object("stream_options")
    if options is not None and not stream:
        raise BadRequest("stream_options needs stream to be true.", "stream_options", "invalid_value")
    of_stream = Reader(options or {}, "stream_options.")
    include_usage = bool(of_stream.flag("include_usage"))
    of_stream.flag("include_obfuscation")  # it hides sizes from eavesdroppers by padding, which we leave out
    of_stream.end()
    for name in ("user", "safety_identifier", "prompt_cache_key"):  # looked at and forgotten
        if len(reader.text(name, "") or "") > MAX_USER:
            raise reader.wrong(name, f"at most {MAX_USER} characters long")
    for name, values in neutral.items():
        reader.neutral(name, *values)
    reader.end()
    return replace(call, stream=stream, include_usage=include_usage)


def _model(reader: Reader, key: ApiKey) -> str:
    name = reader.text("model")
    if not name:
        raise BadRequest("model must name one of the engines that /v1/models lists.", "model", "missing_parameter")
    return access.model_of(key, name)


def _sampling(reader: Reader, top_logprobs: int | None, max_completion_tokens: Any = None) -> Sampling:
    limits, usual = settings.API_LIMITS, settings.CHAT_SAMPLING
    most = limits["max_tokens"]
    newer = Reader({"max_completion_tokens": max_completion_tokens})
    tokens = newer.whole("max_completion_tokens", 1, most, reader.whole("max_tokens", 1, most))
    return Sampling(
        temperature=reader.number("temperature", 0, 2, usual.get("temperature", 0.0)),
        top_p=_top_p(reader, usual.get("top_p", 1.0)),
        top_k=reader.whole("top_k", 0, 10**6, usual.get("top_k", 0)) or 0,
        seed=reader.whole("seed", -SEED, SEED - 1),
        max_new_tokens=tokens or min(most, usual.get("max_new_tokens", most)),
        stop=_stop(reader),
        n=reader.whole("n", 1, min(MAX_CANDIDATES, limits["n"]), 1) or 1,
        top_logprobs=top_logprobs,
        cut_quotes=tokens is not None,
    )


def _top_p(reader: Reader, usual: float) -> float:
    """OpenAI's lower bound is 0; nothing but the likeliest token is left long before."""
    return max(reader.number("top_p", 0, 1, usual), 1e-6)


def _stop(reader: Reader) -> tuple[str, ...]:
    value = reader.any("stop")
    found = [] if value is None else [value] if isinstance(value, str) else value
    limit = settings.API_LIMITS["stop_chars"]
    fine = isinstance(found, list) and len(found) <= MAX_STOP_STRINGS
    if not fine or not all(isinstance(text, str) and 0 < len(text) <= limit for text in found):
        rule = f"a string or a list of at most {MAX_STOP_STRINGS}, each of 1 to {limit} characters"
        raise reader.wrong("stop", rule)
    return tuple(found)


def _top_logprobs(reader: Reader) -> int | None:
    wanted, top = reader.flag("logprobs"), reader.whole("top_logprobs", 0, MAX_TOP_LOGPROBS)
    if top is not None and not wanted:
        raise BadRequest("top_logprobs needs logprobs to be true.", "top_logprobs", "invalid_value")
    return (top or 0) if wanted else None


def _continued(reader: Reader, turns: tuple[ChatMessage, ...]) -> tuple[tuple[ChatMessage, ...], str]:
    """The turns before the answer, and what is there of it already: the last message, if it is the assistant's."""
    goes_on = turns[-1].role is Role.ASSISTANT
    wanted = reader.flag("continue_final_message", goes_on)
    begins = reader.flag("add_generation_prompt", not wanted)
    if wanted != goes_on:
        rule = "true where the last message is the assistant's, and only there"
        raise reader.wrong("continue_final_message", rule)
    if begins == wanted:
        raise reader.wrong("add_generation_prompt", "the contrary of continue_final_message")
    if not goes_on:
        return turns, ""
    if len(turns) < 2 or turns[-2].role is not Role.USER:
        raise BadRequest("Before an answer to go on with there must be a user's message.", "messages", "invalid_value")
    return turns[:-1], turns[-1].content


def _articles(reader: Reader) -> bool:
    extra = reader.inner("duologue")
    articles = bool(extra.flag("articles", True))
    extra.end()
    return articles


def _offers(reader: Reader) -> None:
    """Tools are offers that an answer need not take up, and no engine here does: chat programs send them unasked.

    That one must be called is refused with tool_choice.
    """
    for name in ("tools", "functions"):
        if not isinstance(reader.any(name) or [], list):
            raise reader.wrong(name, "a list")


def _schema(reader: Reader, model: str) -> Fields:
    """The JSON Schema that the answer shall follow; empty for plain text."""
    form = reader.object("response_format")
    if form is None or form == {"type": "text"}:
        return {}
    schema = _schema_in(form)
    if not isinstance(schema, dict) or not schema:
        raise reader.wrong("response_format", '{"type": "text"}, "json_object", or "json_schema" with a schema')
    if not is_large(model):
        message = f"The model {model!r} cannot promise an answer in this form; only plain text."
        raise BadRequest(message, "response_format", "unsupported_value")
    return schema


def _schema_in(form: Fields) -> Any:
    if form.get("type") == "json_object":
        return {"type": "object"}
    told = form.get("json_schema") if form.get("type") == "json_schema" else None
    return told.get("schema") if isinstance(told, dict) else None


def _prompt(reader: Reader) -> str:
    value = reader.any("prompt")
    text = value[0] if isinstance(value, list) and len(value) == 1 else value
    if not isinstance(text, str) or not text.strip():
        raise reader.wrong("prompt", "one text")
    messages.check_chars(len(text), "prompt")
    messages.check_text(text, "prompt")
    return text
