"""The learned part of retrieval: a question's meaning -> probabilities of the sources that a checkpoint can name.

A few small networks (768 -> hidden -> sources, GELU) over two sentence embeddings of inference.retrieval.meaning, the
question's and that of the question before it (zeros for the first), so that "and abroad?" is read as it is meant. Their
log probabilities are averaged (a geometric mean, as in Hinton 2002, "products of experts"). They live beside the
weights of the checkpoint whose sources they know, are trained from the same rows (inference.training.topics), and need
no torch here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.errors import CheckpointError

FILE = "topics.safetensors"
Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Member:
    """One network: hidden weights (hidden, 768) and bias, output weights (sources, hidden) and bias."""

    hidden: Array
    hidden_bias: Array
    output: Array
    output_bias: Array

    def log_probabilities(self, vectors: Array) -> Array:
        """(n, 768) standardised embeddings to (n, sources) natural log probabilities."""
        inner = vectors @ self.hidden.T + self.hidden_bias
        scores = _gelu(inner) @ self.output.T + self.output_bias
        return scores - _logsumexp(scores)


@dataclass(frozen=True, slots=True)
class Topics:
    """The networks with their sources and the mean and deviation (384,) by which embeddings are standardised.

    `weight` is how much their log probabilities count beside the model's own, `weight_later` the same when the
    question is not the conversation's first.
    """

    sources: tuple[str, ...]
    mean: Array
    deviation: Array
    members: tuple[Member, ...]
    weight: float = 1.0
    weight_later: float = 1.0

    def log_probabilities(self, questions: Array, before: Array) -> Array:
        """Embeddings (n, 384) of questions and of those before them, rows of zeros for none, to (n, sources) log p."""
        standard = standardised(questions, before, self.mean, self.deviation)
        mean = np.mean([member.log_probabilities(standard) for member in self.members], axis=0)
        return mean - _logsumexp(mean)

    def prior(self, question: Array, before: Array | None = None) -> dict[str, float]:
        """A Request's source_prior for the embedding (384,) of a question, and of the one before it if there is one."""
        weight = self.weight if before is None else self.weight_later
        earlier = np.zeros_like(question) if before is None else before
        row = weight * self.log_probabilities(question[None], earlier[None])[0]
        return dict(zip(self.sources, row.tolist(), strict=True))


def standardised(questions: Array, before: Array, mean: Array, deviation: Array) -> Array:
    """What the networks read (n, 768): both parts around 0, the second exactly 0 where there is no question before."""
    present = before.any(axis=1, keepdims=True)
    return np.concatenate([(questions - mean) / deviation, present * (before - mean) / deviation], axis=1)


def load(folder: Path) -> Topics | None:
    """The networks of a checkpoint; None when it has none. Raises CheckpointError for a damaged file."""
    from safetensors import SafetensorError, safe_open

    path = folder / FILE
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="numpy") as file:
            facts = json.loads(file.metadata()["topics"])
            return _read(facts, {name: file.get_tensor(name).astype(np.float32) for name in file.keys()})  # noqa: SIM118
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path.name} of the checkpoint cannot be read; fetch or train it again.") from error


def save(topics: Topics, folder: Path) -> None:
    """Write them in half precision."""
    from safetensors.numpy import save_file

    tensors = {"mean": topics.mean, "deviation": topics.deviation}
    for i, member in enumerate(topics.members):
        tensors |= {f"{i}.{name}": getattr(member, name) for name in Member.__dataclass_fields__}
    facts = {"sources": topics.sources, "weight": topics.weight, "weight_later": topics.weight_later}
    small = {name: np.ascontiguousarray(value, dtype=np.float16) for name, value in tensors.items()}
    save_file(small, folder / FILE, metadata={"topics": json.dumps(facts)})


def _read(facts: Mapping[str, Any], tensors: Mapping[str, Array]) -> Topics:
    count = sum(name.endswith(".hidden") for name in tensors)
    members = tuple(Member(*(tensors[f"{i}.{name}"] for name in Member.__dataclass_fields__)) for i in range(count))
    weights = float(facts["weight"]), float(facts["weight_later"])
    return Topics(tuple(facts["sources"]), tensors["mean"], tensors["deviation"], members, *weights)


def _gelu(x: Array) -> Array:
    """Hendrycks & Gimpel 2016, arXiv 1606.08415, in its tanh form."""
    return 0.5 * x * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x**3)))


def _logsumexp(scores: Array) -> Array:
    highest = scores.max(axis=-1, keepdims=True)
    return highest + np.log(np.exp(scores - highest).sum(axis=-1, keepdims=True))
