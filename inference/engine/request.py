"""The state of one sequence in the engine. Knows nothing of tensors or text."""

from __future__ import annotations

import random
import secrets
import time
from dataclasses import dataclass, field

from inference.types import Citation, FinishReason, Request, Sampling


@dataclass(slots=True, eq=False)
class Sequence:
    """One candidate answer of a request, from the queue to its finish.

    `row` is its row of the KV cache, -1 while it has none; the first `cached` of its tokens
    (prompt, then generated) have their keys and values there. `names_source` tells that its first token names a
    source; `citation` is what it named, `cited` whether that was told; `told` counts the tokens of the chunks so far;
    `cpu_s` is its part of the steps' processor
    time. Times are time.monotonic() seconds.
    """

    request: Request
    index: int
    prompt: list[int]
    truncated_tokens: int
    seed: int
    row: int = -1
    cached: int = 0
    tokens: list[int] = field(default_factory=list)
    logprob_sum: float = 0.0
    logprob_min: float = 0.0
    finish: FinishReason | None = None
    error: Exception | None = None
    accepted_at: float = field(default_factory=time.monotonic)
    admitted_at: float | None = None
    first_token_at: float | None = None
    announced: int = -1
    cpu_s: float = 0.0
    names_source: bool = False
    citation: Citation | None = None
    cited: bool = False
    told: int = 0
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    @property
    def sampling(self) -> Sampling:
        return self.request.sampling

    @property
    def length(self) -> int:
        """Tokens so far, prompt included."""
        return len(self.prompt) + len(self.tokens)

    @property
    def prefilling(self) -> bool:
        """Whether part of the prompt has still to go through the model."""
        return not self.tokens

    @property
    def at_source(self) -> bool:
        """Whether its next token is the one that names the source."""
        return self.names_source and not self.tokens

    @property
    def greedy(self) -> bool:
        """Whether its next token is the likeliest one; the source always is: other words, not another article."""
        return self.sampling.temperature == 0 or self.at_source

    def uniform(self) -> float:
        """The next number in [0, 1) of this sequence's own stream, whatever its neighbours draw."""
        return self._random.random()

    def append(self, token: int, logprob: float) -> None:
        """Take a generated token, with its natural log probability under the raw distribution."""
        if self.first_token_at is None:
            self.first_token_at = time.monotonic()
        self.tokens.append(token)
        self.logprob_sum += logprob
        self.logprob_min = min(self.logprob_min, logprob)

    def fail(self, error: Exception) -> None:
        """End with `error`."""
        self.finish, self.error = FinishReason.ERROR, error


def sequences_of(request: Request, prompt: list[int], truncated_tokens: int, accepted_at: float) -> list[Sequence]:
    """The request's candidates; a request without a seed gets one, so that every answer can be repeated."""
    seed = request.sampling.seed if request.sampling.seed is not None else secrets.randbelow(2**31)
    return [
        Sequence(request, index, prompt, truncated_tokens, seed + index, accepted_at=accepted_at)
        for index in range(request.sampling.n)
    ]
