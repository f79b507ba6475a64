"""Answers in OpenAI's words: whole objects, pieces of a stream, log probabilities, use; and what is extra here."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import inference
from chat.api.calls import Call
from inference import Chunk, Completion, Decision, TokenLogprob

STARTED = int(time.time())

Json = dict[str, Any]


def model(name: str) -> Json:
    """One engine in the list."""
    return {"id": name, "object": "model", "created": STARTED, "owned_by": "duologue"}


def usage(prompt_tokens: int, completion_tokens: int) -> Json:
    """What was read and written."""
    total = prompt_tokens + completion_tokens
    return {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens, "total_tokens": total}


def duologue(said: Decision | Completion) -> Json:
    """Who answered and from what."""
    return {
        "answered_by": said.answered_by,
        "reason": said.reason,
        "confidence": said.confidence,
        "sources": list(said.sources),
        "abstained": said.abstained,
    }


def whole(call: Call, chunks: Iterable[Chunk], prompt_tokens: int, completion_tokens: int) -> Json:
    """An answer that comes back in one piece."""
    candidates = [_Candidate() for _ in range(call.request.sampling.n)]
    for chunk in chunks:
        candidates[chunk.index].add(chunk)
    choices = [candidate.choice(call, index) for index, candidate in enumerate(candidates)]
    return {
        **head(call),
        "choices": choices,
        "usage": usage(prompt_tokens, completion_tokens),
        "system_fingerprint": candidates[0].fingerprint or fingerprint(call),
        "duologue": candidates[0].extra,
    }


def head(call: Call, streamed: bool = False) -> Json:
    """How every object of this call begins."""
    kind = "chat.completion.chunk" if call.chat and streamed else "chat.completion" if call.chat else "text_completion"
    prefix = "chatcmpl-" if call.chat else "cmpl-"
    return {"id": prefix + call.request.id, "object": kind, "created": call.created, "model": call.model}


def fingerprint(call: Call) -> str | None:
    """The hash of the weights that answer, as far as they are known yet."""
    return inference.get_backend(call.model).describe().get("checkpoint_sha256") or None


def logprobs(call: Call, told: Iterable[TokenLogprob], offset: int = 0) -> Json | None:
    """Log probabilities of an answer's tokens in the form of the call; None when there are none to tell."""
    told = list(told)
    if not told or call.request.sampling.top_logprobs is None:
        return None
    if call.chat:
        content = [{**_token(one), "top_logprobs": [_token(top) for top in one.top]} for one in told]
        return {"content": content, "refusal": None}
    return {
        "tokens": [one.token for one in told],
        "token_logprobs": [one.logprob for one in told],
        "top_logprobs": [{top.token: top.logprob for top in one.top} for one in told],
        "text_offset": _offsets(told, offset),
    }


def _token(one: TokenLogprob) -> Json:
    return {"token": one.token, "logprob": one.logprob, "bytes": list(one.data)}


def _offsets(told: list[TokenLogprob], at: int) -> list[int]:
    offsets = []
    for one in told:
        offsets.append(at)
        at += len(one.token)
    return offsets


@dataclass(slots=True)
class _Candidate:
    """One candidate as it comes together."""

    text: list[str] = field(default_factory=list)
    told: list[TokenLogprob] = field(default_factory=list)
    finish_reason: str | None = None
    extra: Json | None = None
    fingerprint: str = ""

    def add(self, chunk: Chunk) -> None:
        self.text.append(chunk.text)
        self.told += chunk.logprobs
        if chunk.finish_reason is not None:
            self.finish_reason = str(chunk.finish_reason)
        if chunk.completion is not None:
            self.extra, self.fingerprint = duologue(chunk.completion), chunk.completion.checkpoint_sha256

    def choice(self, call: Call, index: int) -> Json:
        text = "".join(self.text)
        said = {"message": {"role": "assistant", "content": text, "refusal": None}} if call.chat else {"text": text}
        told = logprobs(call, self.told)
        return {"index": index, **said, "logprobs": told, "finish_reason": self.finish_reason}
