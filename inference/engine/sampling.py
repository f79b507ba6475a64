"""Logits to tokens: per-row temperature, top-k, top-p and seed, for the whole batch at once."""

from __future__ import annotations

import torch
from torch import Tensor

from inference.engine.request import Sequence


def choose(logits: Tensor, sequences: list[Sequence]) -> tuple[list[int], list[float], list[bool]]:
    """Choose one token per row.

    `logits` is (B, vocabulary); row i belongs to sequences[i], which gives its own random number,
    so that a draw depends on the seed and not on the neighbours. Returns the tokens, their natural
    log probabilities under the raw distribution, and whether the row was finite; the token of a
    row that was not means nothing.
    """
    logits = logits.float()
    finite = logits.isfinite().all(dim=-1)
    logits = torch.where(finite[:, None], logits, 0.0)
    tokens = logits.argmax(dim=-1)
    hot = [i for i, sequence in enumerate(sequences) if not sequence.greedy]
    if hot:
        tokens[hot] = _draw(logits[hot], [sequences[i] for i in hot])
    logprobs = logits.gather(1, tokens[:, None]).squeeze(1) - logits.logsumexp(dim=-1)
    return tokens.tolist(), logprobs.tolist(), finite.tolist()


def _draw(logits: Tensor, sequences: list[Sequence]) -> Tensor:
    """Inverse transform sampling over the tokens that top-k and then top-p leave, likeliest first.

    Nucleus (top-p) sampling is that of Holtzman et al. 2020, arXiv 1904.09751: the smallest set of
    tokens whose probabilities sum to at least p.
    """

    def column(values: list[float]) -> Tensor:
        return torch.tensor(values, device=logits.device, dtype=torch.float32)[:, None]

    vocabulary = logits.shape[-1]
    settings = [sequence.sampling for sequence in sequences]
    ranked, order = (logits / column([s.temperature for s in settings])).sort(dim=-1, descending=True)
    rank = torch.arange(vocabulary, device=logits.device)[None, :]
    ranked = ranked.masked_fill(rank >= column([float(s.top_k or vocabulary) for s in settings]), -torch.inf)
    probabilities = ranked.softmax(dim=-1)
    before = probabilities.cumsum(dim=-1) - probabilities
    outside = before >= column([s.top_p for s in settings])
    outside[:, 0] = False
    cumulative = probabilities.masked_fill(outside, 0.0).cumsum(dim=-1)
    target = column([sequence.uniform() for sequence in sequences]) * cumulative[:, -1:]
    chosen = torch.searchsorted(cumulative, target, right=True)
    last = (cumulative < cumulative[:, -1:]).sum(dim=-1, keepdim=True)
    return order.gather(1, torch.minimum(chosen, last)).squeeze(1)
