"""Scores of tokens as scores of the words that they spell."""

from __future__ import annotations

from collections.abc import Sequence

from inference.explaining.subject import Subject
from inference.explaining.views import Share
from inference.explaining.words import merged, parts_of


def shares(
    subject: Subject, token_ids: Sequence[int], prompt_tokens: int, scores: Sequence[float]
) -> tuple[Share, ...]:
    """Words of prompt and answer with the sum of their tokens' scores; none reaches from the one into the other."""
    found: list[Share] = []
    for start, end in ((0, prompt_tokens), (prompt_tokens, len(token_ids))):
        ids = token_ids[start:end]
        text, parts = parts_of(subject.vocabulary, ids)
        for group in merged(text, parts):
            word = text[parts[group[0]].start : parts[group[-1]].end] or subject.spelled(ids[group[0]])
            total = sum(scores[start + i] for i in group)
            places = (start + group[0], start + group[-1])
            found.append(Share(word, *places, start > 0, parts[group[0]].control, total))
    return tuple(found)
