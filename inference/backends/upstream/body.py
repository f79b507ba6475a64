"""Our request as the body of POST /chat/completions: messages, the model's name and how to choose, nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from inference.backends.questions import language_of
from inference.backends.upstream.options import Options
from inference.types import ChatMessage, Request, Role

MAX_TOKENS, MAX_COMPLETION_TOKENS = "max_tokens", "max_completion_tokens"
# An answer without these is still one. Without the last the schema is asked for in words.
CAN_DO_WITHOUT = ("stream_options", "top_logprobs", "logprobs", "seed", "top_p", "temperature", "n", "response_format")
GO_ON = {
    "en": "Your last answer was cut off. Go on exactly where it stops. Repeat nothing, and say nothing about this.",
    "zh-hans": "你的上一个回答被截断了。请从中断处直接接着写，不要重复，也不要解释。",
}
FOLLOW_SCHEMA = {
    "en": "Answer with one JSON object and nothing else. It must follow this JSON Schema: {schema}",
    "zh-hans": "只输出一个 JSON 对象，不要有其他内容。它必须符合这个 JSON Schema：{schema}",
}


def body_of(request: Request, options: Options, refused: Collection[str] = ()) -> dict[str, Any]:
    """Keyword arguments for the client's `create`, without the fields that the server refuses."""
    chosen = request.sampling
    body: dict[str, Any] = {
        "model": options.model,
        "messages": [{"role": str(turn.role), "content": turn.content} for turn in _turns(request, options, refused)],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": chosen.temperature,
        **_bound(request, options, refused),
        **_wanted(request, options),
    }
    extra = _extensions(request, options)
    kept = {name: value for name, value in body.items() if name not in refused}
    return {**kept, "extra_body": extra} if extra else kept


def refused_field(body: dict[str, Any], told: Any) -> str | None:
    """The field of ours that the server's refusal is about, if it is one that an answer can do without."""
    optional = [name for name in (*CAN_DO_WITHOUT, MAX_TOKENS, MAX_COMPLETION_TOKENS) if name in body]
    param = told.get("param") if isinstance(told, dict) else None
    if param in optional:
        return str(param)
    words = set(re.findall(r"[a-z_]{1,40}", json.dumps(told, default=str)))
    return next((name for name in optional if name in words), None)


def _wanted(request: Request, options: Options) -> dict[str, Any]:
    """What is only sent where it says something."""
    chosen = request.sampling
    wanted: dict[str, Any] = {}
    if chosen.top_p < 1:
        wanted["top_p"] = chosen.top_p
    if chosen.seed is not None:
        wanted["seed"] = chosen.seed
    if chosen.stop:
        wanted["stop"] = list(chosen.stop)
    if chosen.n > 1:
        wanted["n"] = chosen.n
    if request.schema:
        schema = {"name": "answer", "schema": dict(request.schema), "strict": True}
        wanted["response_format"] = {"type": "json_schema", "json_schema": schema}
    return {**wanted, **_logprobs(request, options)}


def _logprobs(request: Request, options: Options) -> dict[str, Any]:
    count = request.sampling.top_logprobs
    if options.logprobs == "off" or (count is None and options.logprobs == "auto"):
        return {}
    return {"logprobs": True, "top_logprobs": count} if count else {"logprobs": True}


def _bound(request: Request, options: Options, refused: Collection[str]) -> dict[str, int]:
    """The most tokens; not where another Duologue may quote an article, which would be cut: it has a bound itself."""
    if options.articles == "server" and request.articles and not request.sampling.cut_quotes:
        return {}
    # Newer models of OpenAI's refuse the old name, older servers the new one.
    other = {MAX_TOKENS: MAX_COMPLETION_TOKENS, MAX_COMPLETION_TOKENS: MAX_TOKENS}
    name = options.max_tokens_field
    return {other[name] if name in refused else name: request.sampling.max_new_tokens}


def _turns(request: Request, options: Options, refused: Collection[str]) -> list[ChatMessage]:
    turns, language = list(request.messages), language_of(request)
    if request.schema and "response_format" in refused:
        schema = json.dumps(request.schema, ensure_ascii=False)
        turns = with_instructions(turns, FOLLOW_SCHEMA.get(language, FOLLOW_SCHEMA["en"]).format(schema=schema))
    if request.prefix:
        turns.append(ChatMessage(Role.ASSISTANT, request.prefix))
        if not options.prefills:
            turns.append(ChatMessage(Role.USER, GO_ON.get(language, GO_ON["en"])))
    return turns


def with_instructions(turns: list[ChatMessage], text: str) -> list[ChatMessage]:
    """The turns with instructions after those that they begin with: many models take one system message only."""
    if turns and turns[0].role is Role.SYSTEM:
        return [replace(turns[0], content=f"{turns[0].content}\n\n{text}"), *turns[1:]]
    return [ChatMessage(Role.SYSTEM, text), *turns]


def _extensions(request: Request, options: Options) -> dict[str, Any]:
    """Fields that are not OpenAI's, for servers that were set up as knowing them."""
    extra: dict[str, Any] = {}
    if request.prefix and options.prefills:
        extra |= {"continue_final_message": True, "add_generation_prompt": False}
    if options.articles == "server" and not request.articles:
        extra["duologue"] = {"articles": False}
    return extra
