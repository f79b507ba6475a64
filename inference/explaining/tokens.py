"""The answer token by token: probabilities, ranks, entropies and what could have come instead.

The measures are those that LM-Polygraph (Vashurin et al. 2025, TACL, arXiv 2406.15627) calls information-based.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from inference.explaining.marks import marks
from inference.explaining.reading import Reading, logprobs, of_answer
from inference.explaining.subject import Subject
from inference.explaining.views import Token, Tokens, Word
from inference.explaining.words import Part, merged, parts_of

ALTERNATIVES = 5
LOW = 0.2  # a probability below which a token counts as doubtful


def tokens(subject: Subject, reading: Reading) -> Tokens:
    """One pass over prompt and answer."""
    rows = logprobs(subject, reading)
    text, parts = parts_of(subject.vocabulary, reading.answer)
    found = _tokens(subject, reading, rows, parts)
    said = [i for i, token in enumerate(found) if not token.control]
    values = torch.tensor([token.logprob for token in found], dtype=torch.float64)
    entropies = [found[i].entropy for i in said]
    best = rows.topk(2).values.exp()
    return Tokens(
        checkpoint=subject.names.name,
        sha256=subject.names.sha256,
        text=text,
        tokens=found,
        words=_words(text, parts, found),
        marks=marks(text),
        exact=reading.exact,
        mean_logprob=_mean(values),
        min_logprob=min(values.tolist(), default=None),
        text_mean_logprob=_mean(values[said]),
        text_min_logprob=min(values[said].tolist(), default=None),
        mean_entropy=sum(entropies) / len(entropies) if said else None,
        max_entropy=max(entropies, default=None),
        low=sum(found[i].probability < LOW for i in said) / len(said) if said else None,
        top_margin=_mean((best[:, 0] - best[:, 1])[said]),
    )


def ranks(rows: Tensor, reading: Reading) -> list[int]:
    """The place of each of the answer's tokens among all, 1 for the likeliest."""
    return ((rows > of_answer(rows, reading)[:, None]).sum(-1) + 1).tolist()


def _tokens(subject: Subject, reading: Reading, rows: Tensor, parts: Sequence[Part]) -> tuple[Token, ...]:
    chosen = of_answer(rows, reading).tolist()
    entropies = torch.special.entr(rows.exp()).sum(-1).tolist()
    places = ranks(rows, reading)
    return tuple(
        Token(
            token_id=token,
            text=subject.spelled(token),
            data=part.data,
            start=part.start,
            end=part.end,
            control=part.control,
            probability=math.exp(chosen[i]),
            logprob=chosen[i],
            rank=places[i],
            entropy=entropies[i],
            top=subject.likeliest(rows[i], ALTERNATIVES),
        )
        for i, (token, part) in enumerate(zip(reading.answer, parts, strict=True))
    )


def _words(text: str, parts: Sequence[Part], found: Sequence[Token]) -> tuple[Word, ...]:
    return tuple(
        Word(
            text=text[parts[group[0]].start : parts[group[-1]].end] or found[group[0]].text,
            start=parts[group[0]].start,
            end=parts[group[-1]].end,
            first=group[0],
            last=group[-1],
            control=found[group[0]].control,
            probability=min(found[i].probability for i in group),
            rank=max(found[i].rank for i in group),
        )
        for group in merged(text, parts)
    )


def _mean(values: Tensor) -> float | None:
    return float(values.mean()) if len(values) else None
