"""What retrieval learned with a checkpoint: the same numbers as torch gives, kept in half precision."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from inference import topics
from inference.errors import CheckpointError
from inference.topics import Member, Topics

SOURCES = ("cards", "fees", "-oos")


def member(seed: int) -> Member:
    rng = np.random.default_rng(seed)
    shapes = ((8, 768), (8,), (3, 8), (3,))
    return Member(*(rng.normal(size=shape).astype(np.float16).astype(np.float32) for shape in shapes))


@pytest.fixture
def two() -> Topics:
    ones = np.ones(384, dtype=np.float32)
    return Topics(SOURCES, 0.5 * ones, 2 * ones, (member(0), member(1)), 2.0, 0.5)


def by_torch(two: Topics, vectors: np.ndarray, before: np.ndarray) -> torch.Tensor:
    first, second = (torch.tensor((part - two.mean) / two.deviation) for part in (vectors, before))
    x = torch.cat([first, second * torch.tensor(before.any(1, keepdims=True))], 1)
    logs = []
    for one in two.members:
        inner = torch.nn.functional.gelu(
            x @ torch.tensor(one.hidden).T + torch.tensor(one.hidden_bias), approximate="tanh"
        )
        logs.append((inner @ torch.tensor(one.output).T + torch.tensor(one.output_bias)).log_softmax(-1))
    return torch.stack(logs).mean(0).log_softmax(-1)


def test_numpy_computes_what_torch_does(two: Topics):
    vectors, before = np.random.default_rng(2).normal(size=(2, 5, 384)).astype(np.float32)
    before[3] = 0
    expected = by_torch(two, vectors, before).numpy()
    np.testing.assert_allclose(two.log_probabilities(vectors, before), expected, rtol=1e-4, atol=1e-4)


def test_a_prior_is_weighted_by_the_place_in_the_conversation(two: Topics):
    vector, before = np.random.default_rng(3).normal(size=(2, 384)).astype(np.float32)
    first, later = two.prior(vector), two.prior(vector, before)
    assert (list(first), list(later)) == (list(SOURCES), list(SOURCES))
    assert math.isclose(sum(math.exp(value / 2) for value in first.values()), 1, rel_tol=1e-5)
    assert math.isclose(sum(math.exp(value / 0.5) for value in later.values()), 1, rel_tol=1e-5)


def test_what_is_saved_comes_back(two: Topics, tmp_path: Path):
    topics.save(two, tmp_path)
    again = topics.load(tmp_path)
    assert again is not None
    assert (again.sources, again.weight, again.weight_later) == (SOURCES, 2.0, 0.5)
    for one, other in zip(two.members, again.members, strict=True):
        np.testing.assert_array_equal(one.hidden, other.hidden)
        np.testing.assert_array_equal(one.output_bias, other.output_bias)


def test_a_checkpoint_may_have_none(tmp_path: Path):
    assert topics.load(tmp_path) is None


@pytest.mark.parametrize("damage", [b"", b"\x08\0\0\0\0\0\0\0{}      ", b"garbage of some length"])
def test_a_damaged_file_is_said(tmp_path: Path, damage: bytes):
    (tmp_path / topics.FILE).write_bytes(damage)
    with pytest.raises(CheckpointError, match="cannot be read"):
        topics.load(tmp_path)
