"""What the explanations consist of: frozen values that turn into plain JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

DECIMALS = 6


def plain(value: Any) -> Any:
    """Numbers, texts, lists and dictionaries; bytes as a list of numbers; what is not finite as None."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, float):
        return round(value, DECIMALS) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | bytes):
        return [plain(one) for one in value]
    return value


class View:
    """One panel of the explanation."""

    __slots__ = ()

    def as_json(self) -> dict[str, Any]:
        """Plain JSON with the names of the fields."""
        return plain(self)


@dataclass(frozen=True, slots=True)
class Alternative(View):
    """A token that could have come. `logprob` is natural."""

    token_id: int
    text: str
    probability: float
    logprob: float


@dataclass(frozen=True, slots=True)
class Token(View):
    """A token of the answer under the raw distribution (before temperature, top-p and top-k).

    `start` and `end` are characters of the answer's text; both are the same for a control token and for a token that
    completes no character. `rank` is 1 for the likeliest. `entropy` is in nats. `control` tokens stand for no text.
    """

    token_id: int
    text: str
    data: bytes
    start: int
    end: int
    control: bool
    probability: float
    logprob: float
    rank: int
    entropy: float
    top: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class Word(View):
    """Tokens `first` to `last` together; `probability` and `rank` are of the least likely and the lowest of them."""

    text: str
    start: int
    end: int
    first: int
    last: int
    control: bool
    probability: float
    rank: int


@dataclass(frozen=True, slots=True)
class Mark(View):
    """A number, date, price, name or URL in a text, by characters."""

    kind: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Tokens(View):
    """The answer token by token.

    `mean_logprob` and `min_logprob` are over all tokens as the engine counts them, None for an empty answer; the
    `text_` ones leave control tokens out. `exact` is False when the tokens that were served could not be told from
    the text with certainty, so that another split of the same text is shown. `low` is the share of text tokens below
    a probability of 0.2. `top_margin` is the mean lead of the likeliest token over the next.
    """

    checkpoint: str
    sha256: str
    text: str
    tokens: tuple[Token, ...]
    words: tuple[Word, ...]
    marks: tuple[Mark, ...]
    exact: bool
    mean_logprob: float | None
    min_logprob: float | None
    text_mean_logprob: float | None
    text_min_logprob: float | None
    mean_entropy: float | None
    max_entropy: float | None
    low: float | None
    top_margin: float | None


@dataclass(frozen=True, slots=True)
class Piece(View):
    """A part of the prompt, in order. `kind` is "control", "instructions", "user", "assistant", "prefix" or "text".

    `message` is the number of the message among the request's, -1 for what belongs to none; `start` is the position
    of its first token.
    """

    kind: str
    text: str
    message: int
    start: int
    tokens: int


@dataclass(frozen=True, slots=True)
class LeftOut(View):
    """A turn that the model did not see. `reason` is "history" (it was taught fewer turns) or "window" (no room)."""

    message: int
    role: str
    text: str
    tokens: int
    reason: str


@dataclass(frozen=True, slots=True)
class PromptView(View):
    """What the model saw before its answer. `history_turns` None: as many as fit."""

    pieces: tuple[Piece, ...]
    left_out: tuple[LeftOut, ...]
    prompt_tokens: int
    truncated_tokens: int
    window: int
    history_turns: int | None


@dataclass(frozen=True, slots=True)
class Belief(View):
    """Whether the answer is the model's belief or an accident of sampling.

    `same`: the greedy answer is the same. `parts_at` is the first token in which they differ and `parts_at_character`
    the place in the answer's text, None when they do not; `rank_there` and `probability_there` are of the answer's
    token there. `not_first` is the share of tokens that were not the likeliest. `mass_cut` is the mean share of
    probability that top-k and top-p cut off (at the answer's temperature), `outside` the number of tokens that lie in
    what they cut, which is 0 unless the answer is from other settings. `repetition` and `greedy_repetition` are the
    share of repeated sequences of four tokens: 1 - different ones / all (Welleck et al. 2020, ICLR, "seq-rep-4").
    """

    same: bool
    greedy_text: str
    greedy_source: str
    parts_at: int | None
    parts_at_character: int | None
    rank_there: int | None
    probability_there: float | None
    not_first: float
    mass_cut: float
    outside: int
    repetition: float
    greedy_repetition: float


@dataclass(frozen=True, slots=True)
class Without(View):
    """What changes when one thing is left out. `kind` is "turn", "source" or "retrieval" (all sources at once).

    `logprob_change` is the mean log probability of the answer's tokens without it less the one with it: negative when
    it spoke for the answer. `source_change` is the same for the probability of the source, None where the answer names
    none.
    """

    kind: str
    message: int
    slug: str
    text: str
    logprob_change: float
    source_change: float | None


@dataclass(frozen=True, slots=True)
class LeaveOneOut(View):
    """Each turn and source left out in its turn, with the values of the answer as it was.

    `source_probability` is that of the source among all sources, as the confidence that was told with the answer.
    """

    mean_logprob: float | None
    source: str
    source_probability: float | None
    without: tuple[Without, ...]


@dataclass(frozen=True, slots=True)
class Share(View):
    """A word of what the model saw, with its score; tokens `first` to `last` of prompt and answer together."""

    text: str
    first: int
    last: int
    in_answer: bool
    control: bool
    score: float


@dataclass(frozen=True, slots=True)
class Saliency(View):
    """Why this token rather than the foil: `scores` by token, `words` by word. Experimental: does not prove cause.

    Positive scores spoke for the target, negative ones for the foil. `margin` is log p(target) - log p(foil).
    """

    token: int
    target: Alternative
    foil: Alternative
    margin: float
    scores: tuple[float, ...]
    words: tuple[Share, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Attention(View):
    """Where each head looked when it chose a token of the answer. Experimental: does not prove cause.

    `weights` is (layers, heads, positions) over all that came before, each row summing to 1; the first
    `prompt_tokens` positions are the prompt. `texts` are the tokens at the positions and `words` their merging, with
    the mean weight over layers and heads as score.
    """

    token: int
    prompt_tokens: int
    texts: tuple[str, ...]
    words: tuple[Share, ...]
    weights: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class LensLayer(View):
    """What the model would have said after this many layers (0: the embedding alone)."""

    layer: int
    rank: int
    probability: float
    top: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class Lens(View):
    """The logit lens at a token of the answer: `rank` in each layer is that of the token. Does not prove cause."""

    token: int
    target: Alternative
    layers: tuple[LensLayer, ...]


@dataclass(frozen=True, slots=True)
class Figure(View):
    """A number, date or price with what it says. `found_in` is the slug of a source that has it, `asked` that the
    visitor said it; `supported` is False when neither does.
    """

    kind: str
    start: int
    end: int
    text: str
    value: str
    found_in: str
    asked: bool
    supported: bool


@dataclass(frozen=True, slots=True)
class SentenceSupport(View):
    """A sentence of the answer beside the best sentence of its sources.

    `level` is "supported", "partly", "unsupported" or "empty" (nothing in it that could be looked up). `overlap` is the
    share of its words (or pairs of Han characters) that the best source has, `similarity` the cosine of the embeddings
    of both sentences, None where there is no embedding.
    """

    text: str
    start: int
    end: int
    level: str
    source: str
    best: str
    overlap: float
    similarity: float | None
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Support(View):
    """What of the answer its sources bear out."""

    sentences: tuple[SentenceSupport, ...]
    unsupported: tuple[Figure, ...]
    by_meaning: bool
