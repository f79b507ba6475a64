"""What goes into inference and what comes out: frozen values, validated where they are made.

This module knows nothing of tensors, tokenizers or Django.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from inference.errors import InvalidRequest

MAX_CANDIDATES = 8
MAX_NEW_TOKENS = 4096
MAX_STOP_STRINGS = 8
MAX_TOP_LOGPROBS = 20


class Role(StrEnum):
    """Who speaks in a turn."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


class FinishReason(StrEnum):
    """Why a candidate ended; `stop` covers the end token and a stop string alike."""

    STOP = "stop"
    LENGTH = "length"
    CANCELLED = "cancelled"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One turn of the conversation, as plain text."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen. Temperature 0 is greedy decoding and ignores top_p, top_k and seed.

    `top_logprobs` is how many of the likeliest tokens are told beside each chosen one; None tells no log
    probabilities at all. `cut_quotes` tells that `max_new_tokens` is the asker's own bound, which holds for a text that
    is quoted, too (in pieces of about a word); otherwise an article is said to its end. Raises InvalidRequest for a
    value outside its range.
    """

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    seed: int | None = None
    max_new_tokens: int = 256
    stop: tuple[str, ...] = ()
    n: int = 1
    top_logprobs: int | None = None
    cut_quotes: bool = False

    def __post_init__(self) -> None:
        self._check("temperature", 0.0 <= self.temperature <= 2.0, "between 0 and 2")
        self._check("top_p", 0.0 < self.top_p <= 1.0, "above 0 and at most 1")
        self._check("top_k", self.top_k >= 0, "0 (off) or more")
        self._check("max_new_tokens", 1 <= self.max_new_tokens <= MAX_NEW_TOKENS, f"1 to {MAX_NEW_TOKENS}")
        self._check("n", 1 <= self.n <= MAX_CANDIDATES, f"1 to {MAX_CANDIDATES}")
        told = 0 <= (self.top_logprobs or 0) <= MAX_TOP_LOGPROBS
        self._check("top_logprobs", told, f"0 to {MAX_TOP_LOGPROBS}")
        ok = len(self.stop) <= MAX_STOP_STRINGS and all(self.stop)
        self._check("stop", ok, f"at most {MAX_STOP_STRINGS} strings, none of them empty")

    def _check(self, name: str, ok: bool, rule: str) -> None:
        if not ok:
            raise InvalidRequest(f"{name} must be {rule}.")


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a backend: the turns so far, oldest first, and how to answer.

    `prefix` is the text of an answer that was cut short: the backend goes on from there and
    yields only what is new. `backend` is a name from the INFERENCE setting. `language` is the one to
    answer in ("en", "zh-hans"; empty: that of the last message). `source_prior` is what retrieval says about the
    source of the answer: natural log probabilities by slug ("-oos" and "-talk" among them). A model that names
    its source mixes them into that choice. `seconded` is the article that another engine came to by itself: an
    answer from it may go out at less confidence. `articles` False asks for the model's own words without the
    knowledge base. `schema` is a JSON Schema (an object's) that the answer shall follow; backends that cannot
    promise that ask for it in words. `prompt` is a text to go on with as it is, without a conversation around it: only
    for backends that say `continues_text`, and `messages` hold it as a question all the same.
    """

    messages: tuple[ChatMessage, ...]
    sampling: Sampling = field(default_factory=Sampling)
    prefix: str = ""
    backend: str = "default"
    language: str = ""
    source_prior: Mapping[str, float] = field(default_factory=dict)
    seconded: str = ""
    articles: bool = True
    schema: Mapping[str, Any] = field(default_factory=dict)
    prompt: str = ""
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __post_init__(self) -> None:
        if not self.messages:
            raise InvalidRequest("messages must hold at least one message.")
        if self.prefix and self.sampling.n > 1:
            raise InvalidRequest("n must be 1 when an answer is continued.")


@dataclass(frozen=True, slots=True)
class Completion:
    """The record of one finished candidate. Times are milliseconds since the request was accepted.

    Log probabilities are natural, of the raw distribution (before temperature, top-p and top-k),
    over the generated tokens; None when nothing was generated or the backend gives none.
    `sources` are the slugs of the articles that the answer cites, most likely first; `abstained` tells an
    answer that says it does not know from one that needs no article. `answered_by` is the engine whose
    words these are ("rules", "gpt2"), `reason` why it was that one (a code, see backends.router), and
    `confidence` how sure it was that the article is right, 0 to 1. `explanation` is plain JSON: for rules the
    whole of how they came to the answer, for a model what retrieval gave it. `cpu_ms` is the processor time that
    the answer took, of a step that several answers share its part; None where nobody measured.
    """

    backend: str
    checkpoint: str
    checkpoint_sha256: str
    prompt_tokens: int
    truncated_tokens: int
    completion_tokens: int
    queue_ms: float
    first_token_ms: float | None
    total_ms: float
    mean_logprob: float | None = None
    min_logprob: float | None = None
    seed: int | None = None
    sources: tuple[str, ...] = ()
    abstained: bool = False
    answered_by: str = ""
    reason: str = ""
    confidence: float | None = None
    explanation: Mapping[str, Any] = field(default_factory=dict)
    cpu_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """What an answer says it is from, known before its first word: an article's slug, "-talk" or "-oos".

    `confidence` is its probability (for a model: of the source token, among all source tokens); `runner_up` is the
    next best.
    """

    slug: str
    confidence: float
    runner_up: str = ""
    runner_up_confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Decision:
    """Who answers, why, and from what: known before the first word. The fields are those of Completion."""

    answered_by: str = ""
    reason: str = ""
    confidence: float | None = None
    sources: tuple[str, ...] = ()
    abstained: bool = False
    explanation: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Where a request stands before its first token; `wait_s` is an estimate, None when unknown."""

    state: str  # "starting" while the model loads, "queued" behind others
    position: int = 0
    wait_s: float | None = None


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """A generated token with its natural log probability under the raw distribution, and the likeliest ones beside it.

    `data` holds the token's bytes, which alone need not be valid UTF-8.
    """

    token: str
    logprob: float
    data: bytes = b""
    top: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of one candidate's answer, or news about the wait for it.

    Every accepted request yields exactly one chunk with a `finish_reason` per candidate, its
    last; that chunk carries the `completion`, and the `error` when the reason is ERROR. A model that
    names its source says so in one chunk with a `citation` before the first text, and a backend that chooses
    who answers in one with a `decision`. `logprobs` are those of the tokens since the last chunk, where the
    request asks for them and the backend knows them.
    """

    text: str = ""
    index: int = 0
    token_count: int = 0
    logprobs: tuple[TokenLogprob, ...] = ()
    waiting: Waiting | None = None
    citation: Citation | None = None
    decision: Decision | None = None
    finish_reason: FinishReason | None = None
    completion: Completion | None = None
    error: Exception | None = None


class BackendState(StrEnum):
    """What a backend can do right now."""

    IDLE = "idle"
    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Status:
    """A backend's state, with `progress` from 0 to 1 and `eta_s` seconds left while starting.

    `error_code` is the failure's code from inference.errors when state is FAILED. `running` answers are in the batch
    and `queued` ones wait for one of `slots` (0: without a bound). `engine` is the name of the backend that the
    figures are about, which one that only passes questions on leaves as it is.
    """

    state: BackendState
    progress: float = 0.0
    eta_s: float | None = None
    detail: str = ""
    error_code: str = ""
    running: int = 0
    queued: int = 0
    slots: int = 0
    engine: str = ""
