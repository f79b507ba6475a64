"""Conversations -> token ids with a weight for each id that is to be predicted, in batches of like length.

Everything random in an epoch comes from (seed, epoch, place in the epoch), so a resumed run sees the same.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from inference.prompting import END_TOKEN, ROLE_TOKENS, Prompter, source_token
from inference.training.augment import augment
from inference.training.dataset import Conversation, DatasetError, Turn
from inference.training.options import TrainingOptions, gettext_noop
from inference.types import Role

SOURCELESS_SHARE = 0.12  # of the rows with text: an answer that goes on without its source before it
SPLIT_SHARE = 0.3  # of the questions: cut at odd places, so that other tokens spell the same words
MICROBATCH_TOKENS = 4096


@dataclass(slots=True)
class Example:
    """`weights[i]` is what predicting `ids[i]` counts for; 0 for what is only read."""

    ids: list[int]
    weights: list[float]


class Encoder:
    """Turns conversations into examples in the chat template's form (see prompting.CHAT_TEMPLATE)."""

    def __init__(self, tokenizer: Any, options: TrainingOptions, window: int) -> None:
        self._prompter = Prompter(tokenizer, window)
        self._vocabulary = tokenizer.get_vocab()
        self._options = options
        self._window = window
        self._cache: dict[str, list[int]] = {}

    def example(self, row: Conversation, rng: random.Random) -> Example:
        """One training example: the last answer's source, and in a share of the cases its text."""
        with_text = bool(row.turns[-1].content) and rng.random() < row.answer_share
        cites = bool(row.turns[-1].source)
        parts = [self._past(turn, cites, rng) for turn in row.turns[:-1]]
        return self._fit(row, [*parts, self._answer(row.turns[-1], with_text, rng)])

    def probe(self, row: Conversation, with_text: bool) -> Example:
        """The same without anything random, for validation."""
        parts = [self._turn(turn, self._text(turn.content)) for turn in row.turns[:-1]]
        return self._fit(row, [*parts, self._answer(row.turns[-1], with_text, None)])

    def _past(self, turn: Turn, cites: bool, rng: random.Random) -> Example:
        """A turn before the last one: a question, perhaps damaged, or an answer, which shows no source."""
        if turn.role is Role.ASSISTANT:
            return self._answer_without_source(turn.content, cites)
        if turn.role is not Role.USER or rng.random() >= self._options.augment:
            return self._turn(turn, self._text(turn.content))
        text = augment(turn.content, rng)
        if rng.random() >= SPLIT_SHARE:
            return self._turn(turn, self._prompter.encode_text(text))
        return self._turn(turn, [token for piece in _split(text, rng) for token in self._prompter.encode_text(piece)])

    def _turn(self, turn: Turn, ids: list[int]) -> Example:
        whole = [self._id(ROLE_TOKENS[turn.role]), *ids, self._id(END_TOKEN)]
        return Example(whole, [0.0] * len(whole))

    def _answer(self, turn: Turn, with_text: bool, rng: random.Random | None) -> Example:
        head = [self._id(ROLE_TOKENS[Role.ASSISTANT])]
        source = [self._id(source_token(turn.source))] if turn.source else []
        text = [*self._text(turn.content), self._id(END_TOKEN)] if with_text else []
        if text and (not source or (rng and rng.random() < SOURCELESS_SHARE)):
            return self._answer_without_source(turn.content, bool(source))
        weights = [self._options.text_weight] * len(text)
        return Example(head + source + text, [0.0] + [1.0] * len(source) + weights)

    def _answer_without_source(self, text: str, cites: bool) -> Example:
        """How an answer goes on; where answers cite, not that it may begin with anything but a source."""
        whole = self._turn(Turn(Role.ASSISTANT, text), self._text(text))
        weight = self._options.text_weight if cites else 1.0
        whole.weights = [0.0, 0.0 if cites else weight, *[weight] * (len(whole.ids) - 2)]
        return whole

    def _fit(self, row: Conversation, parts: list[Example]) -> Example:
        """Leave out the oldest turns until the rest fits; the last question and its answer must."""
        while sum(len(part.ids) for part in parts) > self._window and len(parts) > 2:
            parts = parts[1:]
        length = sum(len(part.ids) for part in parts)
        if length > self._window:
            message = gettext_noop("Line {line}: {length} tokens, and the model reads at most {window}.")
            raise DatasetError(message, line=row.line, length=length, window=self._window)
        return Example([i for part in parts for i in part.ids], [w for part in parts for w in part.weights])

    def _text(self, text: str) -> list[int]:
        if text not in self._cache:
            self._cache[text] = self._prompter.encode_text(text)
        return self._cache[text]

    def _id(self, token: str) -> int:
        return self._vocabulary[token]


def _split(text: str, rng: random.Random) -> list[str]:
    cuts = [i for i in range(1, len(text)) if rng.random() < 0.12]
    return [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]


class Epochs:
    """The rows of each epoch in their order, `batch` to a step."""

    def __init__(self, rows: list[Conversation], encoder: Encoder, options: TrainingOptions) -> None:
        self._rows = rows
        self._encoder = encoder
        self._seed = options.seed
        self._batch = options.batch

    def steps(self, epoch: int) -> int:
        """How many steps that epoch has."""
        return -(-len(self._order(epoch)) // self._batch)

    def examples(self, epoch: int, first: int) -> Iterator[list[Example]]:
        """The examples of each step from step `first` of the epoch on."""
        order = self._order(epoch)
        for start in range(first * self._batch, len(order), self._batch):
            places = range(start, min(start + self._batch, len(order)))
            yield [self._encoder.example(order[i], random.Random(f"{self._seed}/{epoch}/{i}")) for i in places]

    def _order(self, epoch: int) -> list[Conversation]:
        rng = random.Random(f"{self._seed}/{epoch}")
        order = [row for row in self._rows for _ in range(_times(row.weight, rng))]
        rng.shuffle(order)
        return order


def _times(weight: float, rng: random.Random) -> int:
    whole = int(weight)
    return whole + (rng.random() < weight - whole)


def microbatches(examples: list[Example], tokens: int = MICROBATCH_TOKENS) -> list[list[Example]]:
    """Groups of like length: few, as each costs a pass over all weights, and yet little of it padding."""
    groups: list[list[Example]] = []
    for example in sorted(examples, key=lambda item: -len(item.ids)):
        longest = len(groups[-1][0].ids) if groups else 0
        if not groups or len(example.ids) < 0.45 * longest or longest * (len(groups[-1]) + 1) > tokens:
            groups.append([])
        groups[-1].append(example)
    return groups
