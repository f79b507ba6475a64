"""The likeliest tokens beside each chosen one, with their natural log probabilities, for the rows that ask for them."""

from __future__ import annotations

from torch import Tensor

from inference.engine.detokenizer import Vocabulary
from inference.engine.request import Sequence
from inference.types import TokenLogprob

Likeliest = tuple[tuple[int, float], ...]


def likeliest(logits: Tensor, sequences: list[Sequence]) -> dict[int, Likeliest]:
    """By row, tokens and log probabilities under the raw distribution, likeliest first.

    `logits` is (B, vocabulary); row i belongs to sequences[i]. Rows that ask for none cost nothing.
    """
    asked = {i: sequence.sampling.top_logprobs or 0 for i, sequence in enumerate(sequences)}
    rows = [i for i, count in asked.items() if count]
    if not rows:
        return {}
    # One pass for all of them; who asks for fewer gets the first of it.
    most = min(max(asked[i] for i in rows), logits.shape[-1])
    best = logits[rows].float().log_softmax(dim=-1).topk(most)
    pairs = zip(rows, best.indices.tolist(), best.values.tolist(), strict=True)
    return {i: tuple(zip(tokens, values, strict=True))[: asked[i]] for i, tokens, values in pairs}


def token_logprob(vocabulary: Vocabulary, token: int, logprob: float, top: Likeliest) -> TokenLogprob:
    """What is told of a chosen token."""
    beside = tuple(_spelled(vocabulary, other, value) for other, value in top)
    text, data = vocabulary.spelled(token)
    return TokenLogprob(text, logprob, data, beside)


def _spelled(vocabulary: Vocabulary, token: int, logprob: float) -> TokenLogprob:
    text, data = vocabulary.spelled(token)
    return TokenLogprob(text, logprob, data)
