"""Where another server is, what it can do, and how long it may take."""

from __future__ import annotations

from dataclasses import dataclass

from inference.errors import InvalidRequest

MAX_RETRIES = 2


@dataclass(frozen=True, slots=True)
class Options:
    """`articles`: "server" when the server knows the articles itself and says so (another Duologue's /v1), else "none".
    `continues`: "prefill" when it takes a begun answer as its own beginning (vLLM and Duologue do), "ask" to ask it in
    words; empty is what goes with `articles`.
    `logprobs`: "auto" when a request wants them, "on" always, "off" never. `candidates`: "together" in one request
    (n), "apart" in one each. `max_tokens_field` is what it calls the most tokens of an answer. `large` tells a model
    that follows instructions; None takes every server's for one but another Duologue's.

    Seconds: `connect_s` to a connection, `first_token_s` to the first word with all repetitions, `gap_s` between two,
    `total_s` in all. `retries` repeat what failed before the first word. Raises InvalidRequest for other values.
    """

    base_url: str
    model: str
    api_key: str = ""
    label: str = ""
    articles: str = "none"
    continues: str = ""
    logprobs: str = "auto"
    candidates: str = "together"
    max_tokens_field: str = "max_tokens"
    large: bool | None = None
    connect_s: float = 5.0
    first_token_s: float = 20.0
    gap_s: float = 15.0
    total_s: float = 120.0
    retries: int = 2

    def __post_init__(self) -> None:
        self._check("articles", self.articles in ("server", "none"))
        self._check("continues", self.continues in ("prefill", "ask", ""))
        self._check("logprobs", self.logprobs in ("auto", "on", "off"))
        self._check("candidates", self.candidates in ("together", "apart"))
        self._check("max_tokens_field", self.max_tokens_field in ("max_tokens", "max_completion_tokens"))
        self._check("retries", 0 <= self.retries <= MAX_RETRIES)
        self._check("a limit", min(self.connect_s, self.first_token_s, self.gap_s, self.total_s) > 0)

    @property
    def prefills(self) -> bool:
        """Whether a begun answer is sent as the beginning of the next one."""
        return (self.continues or ("prefill" if self.articles == "server" else "ask")) == "prefill"

    @staticmethod
    def _check(name: str, ok: bool) -> None:
        if not ok:
            raise InvalidRequest(f"{name} of an upstream has a value that it cannot have.")
