"""Accident or belief: the greedy answer to the same prompt beside the one that was given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from inference.explaining.decoding import generate
from inference.explaining.reading import Reading, logprobs, of_answer
from inference.explaining.subject import Subject
from inference.explaining.tokens import ranks
from inference.explaining.views import Belief
from inference.explaining.words import parts_of
from inference.types import Sampling

GRAM = 4  # tokens that count as a repetition when they come again


def belief(subject: Subject, reading: Reading) -> Belief:
    """One pass over the answer as it was tells where the greedy one parts from it; from there on that one is generated.

    An answer that was cut short is no other answer as far as it goes.
    """
    rows = logprobs(subject, reading)
    first = rows.argmax(-1).tolist()
    apart = next((i for i, token in enumerate(reading.answer) if token != first[i]), None)
    greedy = reading.answer if apart is None else _greedy(subject, reading, [*reading.answer[:apart], first[apart]])
    places = ranks(rows, reading)
    cut, outside = _cut(rows, reading)
    _, parts = parts_of(subject.vocabulary, reading.answer)
    return Belief(
        same=apart is None,
        greedy_text=parts_of(subject.vocabulary, greedy)[0],
        greedy_source=subject.sources.slugs.get(greedy[0], "") if greedy else "",
        parts_at=apart,
        parts_at_character=None if apart is None else parts[apart].start,
        rank_there=None if apart is None else places[apart],
        probability_there=None if apart is None else float(of_answer(rows, reading)[apart].exp()),
        not_first=sum(place > 1 for place in places) / len(places) if places else 0.0,
        mass_cut=cut,
        outside=outside,
        repetition=repetition(reading.answer),
        greedy_repetition=repetition(greedy),
    )


def repetition(tokens: Sequence[int]) -> float:
    """The share of sequences of four tokens that came before."""
    grams = [tuple(tokens[i : i + GRAM]) for i in range(len(tokens) - GRAM + 1)]
    return 1 - len(set(grams)) / len(grams) if grams else 0.0


def _greedy(subject: Subject, reading: Reading, begun: list[int]) -> list[int]:
    sampling = replace(reading.request.sampling, temperature=0.0)
    return generate(subject, replace(reading.request, sampling=sampling), reading.prompt, begun)


def _cut(rows: Tensor, reading: Reading) -> tuple[float, int]:
    """The mean share of probability outside of top-k and top-p, and how many of the answer's tokens lie there.

    The source is never sampled, and greedy answers are cut by nothing.
    """
    sampling, first = reading.request.sampling, int(reading.named)
    if sampling.temperature == 0 or len(reading.answer) <= first:
        return 0.0, 0
    inside, share = _nucleus(rows[first:], sampling)
    chosen = inside.gather(1, torch.tensor(reading.answer[first:])[:, None]).squeeze(1)
    return float(1 - share.mean()), int((~chosen).sum())


def _nucleus(rows: Tensor, sampling: Sampling) -> tuple[Tensor, Tensor]:
    """Which tokens (rows, vocabulary) could be drawn, and their share of probability (rows,), as engine/sampling.py."""
    ranked, order = (rows / sampling.temperature).sort(dim=-1, descending=True)
    whole = ranked.softmax(-1)
    allowed = torch.arange(rows.shape[-1])[None, :] < (sampling.top_k or rows.shape[-1])
    probabilities = ranked.masked_fill(~allowed, -torch.inf).softmax(-1)
    before = probabilities.cumsum(-1) - probabilities
    allowed = allowed & (before < sampling.top_p)
    allowed[:, 0] = True
    return torch.zeros_like(allowed).scatter(1, order, allowed), (whole * allowed).sum(-1)
