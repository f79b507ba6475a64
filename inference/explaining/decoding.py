"""Tokens generated as the engine generates them, one answer by itself: its runner, its sampling, its source tokens."""

from __future__ import annotations

from collections.abc import Sequence as Ids
from dataclasses import replace

import torch
from torch import Tensor

from inference.engine.request import Sequence
from inference.engine.runner import Runner
from inference.engine.sampling import choose
from inference.explaining.subject import Subject
from inference.types import Request


def generate(subject: Subject, request: Request, prompt: Ids[int], begun: Ids[int] = ()) -> list[int]:
    """The tokens of the answer, the one that ends it included; it goes on from those that are `begun`.

    The seed is the request's; without one, draws are those of seed 0.
    """
    sampling = replace(request.sampling, n=1, seed=request.sampling.seed or 0)
    sequence = Sequence(replace(request, sampling=sampling), 0, list(prompt), 0, sampling.seed or 0)
    sequence.names_source = names_source(subject, request)
    sequence.tokens = list(begun)
    room = min(sampling.max_new_tokens, subject.renderer.window - len(prompt))
    if _ended(subject, sequence, room):
        return sequence.tokens
    runner = Runner(subject.model, 1, subject.renderer.window)
    logits = runner.prefill(0, [*prompt, *begun], 0)
    while True:
        (token,), (logprob,), _ = choose(with_evidence(subject, logits, sequence), [sequence])
        sequence.append(token, logprob)
        if _ended(subject, sequence, room):
            return sequence.tokens
        logits = runner.decode([token], [sequence.length - 1])


def names_source(subject: Subject, request: Request) -> bool:
    """Whether the first token of the answer names its source."""
    return bool(subject.sources.slugs) and not request.prefix and not request.prompt


def with_evidence(subject: Subject, logits: Tensor, sequence: Sequence) -> Tensor:
    """Logits (1, vocabulary) with retrieval's evidence where the source is named next."""
    if not sequence.at_source or not sequence.request.source_prior:
        return logits
    return torch.stack([subject.sources.mix(logits[0], sequence.request.source_prior)])


def _ended(subject: Subject, sequence: Sequence, room: int) -> bool:
    ends = subject.vocabulary.end_ids
    return len(sequence.tokens) >= room or (bool(sequence.tokens) and sequence.tokens[-1] in ends)
