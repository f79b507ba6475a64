"""The source token with which an answer begins: retrieval's evidence mixed in, and what it says as a citation.

As in kNN-LM (Khandelwal et al. 2020, ICLR, "Generalization through memorization"), but at one token and as a product:
log p(source) = log p_model(source) + log p_retrieval(source) + constant. The product suits sources that look at
different things: either may veto. Measured: see the model card of the embedded checkpoint.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from inference.types import Citation

LEAST_REST = 1e-4  # probability that evidence always leaves to the sources that it does not mention


class SourceTokens:
    """The tokens that name sources: `slugs` maps ids to slugs, empty for a model that names none."""

    def __init__(self, slugs: Mapping[int, str], device: torch.device) -> None:
        self.slugs = dict(slugs)
        self._order = list(slugs.values())
        self._ids = torch.tensor(list(slugs), dtype=torch.long, device=device)

    def mix(self, logits: Tensor, prior: Mapping[str, float]) -> Tensor:
        """A row of logits (vocabulary,) with the natural log probabilities of `prior` (by slug) added to the sources'.

        Sources that the prior does not mention share what it leaves of 1. Other tokens keep their logits, and the
        sources together their probability.
        """
        if not prior or not self.slugs:
            return logits
        rest = self._rest(prior)
        bias = torch.tensor([prior.get(slug, rest) for slug in self._order], device=logits.device, dtype=logits.dtype)
        named = logits[self._ids]
        mixed = named + bias
        return logits.index_copy(0, self._ids, mixed - mixed.logsumexp(0) + named.logsumexp(0))

    def cite(self, logits: Tensor, token: int) -> Citation | None:
        """What `token`, chosen from these (mixed) logits, cites; its confidence is its share among all sources."""
        if token not in self.slugs:
            return None
        shares = logits[self._ids].float().softmax(0)
        best = shares.topk(min(2, len(self._order)))
        ranked = [(self._order[i], p) for p, i in zip(best.values.tolist(), best.indices.tolist(), strict=True)]
        slug = self.slugs[token]
        others = [pair for pair in ranked if pair[0] != slug]
        return Citation(slug, float(shares[self._order.index(slug)]), *(others[0] if others else ()))

    def _rest(self, prior: Mapping[str, float]) -> float:
        missing = sum(slug not in prior for slug in self._order)
        left = max(1.0 - sum(math.exp(value) for value in prior.values()), LEAST_REST)
        return math.log(left / max(1, missing))
