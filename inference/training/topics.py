"""Training the learned part of retrieval (see inference.topics) from a checkpoint's own rows."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from inference.retrieval.meaning import DIMENSIONS, VectorCache, Vectors, expand, load
from inference.topics import Member, Topics, standardised
from inference.training.dataset import Conversation
from inference.types import Role

MEMBERS, HIDDEN = 3, 768
PASSES, BATCH, LEAST_STEPS = 40, 256, 100
RATE, DECAY, SMOOTHING = 3e-3, 0.05, 0.1
DROP_INPUT, DROP_HIDDEN = 0.1, 0.5
WEIGHT, WEIGHT_LATER = 3.0, 1.0
EMBEDDED_AT_ONCE = 64

Report = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the one before it in the conversation (or ""); `weight` is how often it is seen."""

    text: str
    before: str
    source: str
    weight: float


def questions_of(rows: Sequence[Conversation]) -> list[Question]:
    """The last question of every conversation whose answer has a source, each once."""
    found = {}
    for row in rows:
        asked = [turn.content for turn in row.turns if turn.role is Role.USER][-2:]
        source = row.turns[-1].source
        if source and row.weight and asked:
            found[asked[-1], asked[0] if len(asked) > 1 else "", source] = row.weight
    return [Question(*key, weight) for key, weight in found.items()]


def train_topics(rows: Sequence[Conversation], cache: Path, seed: int, report: Report) -> Topics | None:
    """The networks for these rows; None where no embeddings can be made. `cache` keeps embeddings between runs."""
    questions = questions_of(rows)
    if load() is None or len({question.source for question in questions}) < 2:
        return None
    texts = [question.text for question in questions]
    before = [question.before for question in questions]
    _embed(texts + before, vectors := VectorCache(cache), report)
    pair = _expanded(vectors, texts), _expanded(vectors, before)
    return fit(questions, *pair, seed, lambda share: report(0.5 + share / 2))


def fit(
    questions: Sequence[Question], vectors: Vectors, before: Vectors, seed: int, report: Report = lambda _: None
) -> Topics:
    """Networks for the embeddings (n, 384) of n questions and of those before them (rows of zeros for none)."""
    sources = tuple(sorted({question.source for question in questions}))
    mean, deviation = vectors.mean(0), vectors.std(0) + 1e-6
    x = torch.tensor(standardised(vectors, before, mean, deviation))
    y = torch.tensor([sources.index(question.source) for question in questions])
    weights = torch.tensor([question.weight for question in questions])
    steps = max(LEAST_STEPS, round(PASSES * float(weights.sum()) / BATCH))
    data = Data(x, y, weights, len(sources), steps)
    members = [_member(data, seed + i, partial(_tell, report, i)) for i in range(MEMBERS)]
    return Topics(sources, mean, deviation, tuple(members), WEIGHT, WEIGHT_LATER)


@dataclass(frozen=True, slots=True)
class Data:
    """Standardised embeddings (n, 768), the number of each one's source, how often each is drawn."""

    x: Tensor
    y: Tensor
    weights: Tensor
    classes: int
    steps: int


def _tell(report: Report, number: int, share: float) -> None:
    report((number + share) / MEMBERS)


def _member(data: Data, seed: int, report: Report) -> Member:
    torch.manual_seed(seed)
    drawn = torch.Generator().manual_seed(seed)
    order = torch.multinomial(data.weights, data.steps * BATCH, replacement=True, generator=drawn)
    first, last = nn.Linear(data.x.shape[1], HIDDEN), nn.Linear(HIDDEN, data.classes)
    network = nn.Sequential(nn.Dropout(DROP_INPUT), first, nn.GELU("tanh"), nn.Dropout(DROP_HIDDEN), last)
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, data.steps)
    loss_of = nn.CrossEntropyLoss(label_smoothing=SMOOTHING)
    for step, chosen in enumerate(order.split(BATCH)):
        loss_of(network(data.x[chosen]), data.y[chosen]).backward()
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        if step % 100 == 0:
            report(step / data.steps)
    with torch.no_grad():
        parts = (first.weight, first.bias, last.weight, last.bias)
        return Member(*(part.detach().numpy().copy() for part in parts))


def _embed(texts: Sequence[str], cache: VectorCache, report: Report) -> None:
    model = load()
    missing = cache.missing(text for text in texts if text)
    random.Random(0).shuffle(missing)  # lengths mixed, so that the progress is even
    for start in range(0, len(missing), EMBEDDED_AT_ONCE):
        part = missing[start : start + EMBEDDED_AT_ONCE]
        cache.put(part, model.embed(part))  # type: ignore[union-attr]
        report(0.5 * start / len(missing))
    cache.tidy(texts)


def _expanded(cache: VectorCache, texts: Sequence[str]) -> Vectors:
    """The embeddings of the texts, rows of zeros for empty ones."""
    vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
    present = [i for i, text in enumerate(texts) if text]
    if present:
        vectors[present] = expand(cache.rows([texts[i] for i in present]))
    return vectors
