"""Why this token rather than the runner-up: contrastive gradient x input.

Yin & Neubig 2022 (EMNLP, "Interpreting language models with contrastive explanations", arXiv 2202.10419): the gradient
of the difference between target and foil, times the input embedding, summed over its dimensions. Plain saliency mostly
lights up the previous token; the contrast takes away what speaks for both. Experimental: it does not prove cause.
"""

from __future__ import annotations

import torch
from torch import Tensor

from inference.errors import InvalidRequest
from inference.explaining.reading import Reading, mixed
from inference.explaining.sharing import shares
from inference.explaining.subject import Subject
from inference.explaining.views import Saliency


def saliency(subject: Subject, reading: Reading, token: int, foil: int | None = None) -> Saliency:
    """One pass forward and one back for token number `token` of the answer; `foil` is a token's id, the runner-up's by
    default. Raises InvalidRequest for tokens that there are not, and for a foil that is the target.
    """
    before = reading.before(token)
    target = reading.answer[token]
    with torch.enable_grad():
        inputs = subject.embedding(torch.tensor([before])).detach().requires_grad_(True)
        row = subject.model(inputs_embeds=inputs, logits_to_keep=1).logits[0, -1].float()
        if token == 0 and reading.named:
            row = mixed(subject, row, reading.request.source_prior)
        values = row.log_softmax(-1)
        other = _foil(subject, values.detach(), target, foil)
        (gradient,) = torch.autograd.grad(values[target] - values[other], inputs)
    scores = (gradient * inputs.detach())[0].sum(-1).tolist()
    logprobs = [float(value) for value in values.detach()[[target, other]]]
    return Saliency(
        token=token,
        target=subject.alternative(target, logprobs[0]),
        foil=subject.alternative(other, logprobs[1]),
        margin=logprobs[0] - logprobs[1],
        scores=tuple(scores),
        words=shares(subject, before, len(reading.prompt), scores),
    )


def _foil(subject: Subject, values: Tensor, target: int, foil: int | None) -> int:
    """The one that is asked for, or the likeliest other token; where a source was named, the likeliest other source."""
    if foil is None:
        best = values.argsort(descending=True).tolist()
        sources = subject.sources.slugs
        return next(other for other in best if other != target and (target not in sources or other in sources))
    if not 0 <= foil < len(values) or foil == target:
        raise InvalidRequest("foil must be the id of another token of the vocabulary.")
    return foil
