from __future__ import annotations

import math

import pytest
import torch

from inference.engine.sources import SourceTokens
from inference.priors import MOST, noted, recalled

SLUGS = [f"article_{n}" for n in range(79)]
NAMED = {100 + n: slug for n, slug in enumerate(SLUGS)}


def mixed(prior: dict[str, float]) -> torch.Tensor:
    logits = torch.linspace(-3, 3, 200)
    return SourceTokens(NAMED, torch.device("cpu")).mix(logits, prior).softmax(-1)


def test_the_choice_of_a_source_can_be_drawn_again_from_what_is_noted():
    # As the networks give it: three times a log probability, which sums to far less than 1.
    prior = {slug: 3 * math.log(0.6 * 0.4**n + 1e-9) for n, slug in enumerate(SLUGS)}
    kept = noted(prior, frozenset(SLUGS))
    assert len(kept) < 10
    assert torch.allclose(mixed(recalled({"prior": kept})), mixed(prior), atol=2e-4)


def test_what_covers_only_some_sources_is_kept_as_it_is():
    prior = {"article_1": math.log(0.5), "article_2": math.log(0.1), "article_3": -1e4}
    assert noted(prior, frozenset(SLUGS)) == {"article_1": -0.693, "article_2": -2.303, "article_3": -1e4}
    assert torch.allclose(mixed(noted(prior, None)), mixed(prior), atol=2e-4)


def test_it_is_bounded_best_first():
    kept = noted({f"a{n:04}": -n / 1000 for n in range(999)}, None)
    assert (len(kept), next(iter(kept))) == (MOST, "a0000")
    assert noted({}, frozenset(SLUGS)) == {}


@pytest.mark.parametrize("told", [None, [], {}, {"prior": "x"}, {"prior": {"a": "b", "c": None, "d": True}}])
def test_a_record_of_anything_else_has_none(told: object):
    assert recalled(told) == {}
