"""Inside the model at one token of the answer: attention by layer and head, and the logit lens.

Attention weights show where information could come from, not what was made of it (Bastings & Filippova 2020,
BlackboxNLP, arXiv 2010.05607). The logit lens (nostalgebraist 2020, "interpreting GPT: the logit lens") reads each
layer's hidden state through the final norm and the head, which were trained for the last layer alone. Experimental.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from inference.explaining.reading import Reading, mixed
from inference.explaining.sharing import shares
from inference.explaining.subject import Subject
from inference.explaining.views import Attention, Lens, LensLayer

TOP = 5


def attention(subject: Subject, reading: Reading, token: int) -> Attention:
    """Where the heads looked at the position that chose token number `token` of the answer.

    All positions but that one go through the cache first, so that no (positions x positions) weights are kept.
    """
    before = reading.before(token)
    weights = np.stack([layer[0, :, -1].numpy() for layer in _attentions(subject, before)]).astype(np.float32)
    return Attention(
        token=token,
        prompt_tokens=len(reading.prompt),
        texts=tuple(map(subject.spelled, before)),
        words=shares(subject, before, len(reading.prompt), weights.mean((0, 1)).tolist()),
        weights=weights,
    )


def lens(subject: Subject, reading: Reading, token: int) -> Lens:
    """What the model would have said at token number `token` after each layer."""
    before, target = reading.before(token), reading.answer[token]
    prior = reading.request.source_prior if token == 0 and reading.named else {}
    layers = [mixed(subject, row, prior).log_softmax(-1) for row in _logits_by_layer(subject, before)]
    found = tuple(_layer(subject, i, values, target) for i, values in enumerate(layers))
    return Lens(token, subject.alternative(target, float(layers[-1][target])), found)


@torch.inference_mode()
def _attentions(subject: Subject, before: list[int]) -> tuple[Tensor, ...]:
    ids = torch.tensor([before])
    cache = None
    if len(before) > 1:
        cache = subject.model(input_ids=ids[:, :-1], use_cache=True, logits_to_keep=1).past_key_values
    last = subject.model(input_ids=ids[:, -1:], past_key_values=cache, use_cache=True, output_attentions=True)
    return last.attentions


@torch.inference_mode()
def _logits_by_layer(subject: Subject, before: list[int]) -> list[Tensor]:
    """(vocabulary,) for the embedding and for each layer; the last is what the model says."""
    output = subject.model.base_model(input_ids=torch.tensor([before]), output_hidden_states=True)
    # The last hidden state is behind the final norm already.
    states = [subject.final_norm(state[0, -1]) for state in output.hidden_states[:-1]]
    return [subject.head(state).float() for state in (*states, output.last_hidden_state[0, -1])]


def _layer(subject: Subject, layer: int, values: Tensor, target: int) -> LensLayer:
    rank = int((values > values[target]).sum()) + 1
    return LensLayer(layer, rank, float(values[target].exp()), subject.likeliest(values, TOP))
