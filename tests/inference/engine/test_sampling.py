import math
from collections import Counter

import pytest
import torch

from inference.engine.request import Sequence, sequences_of
from inference.engine.sampling import choose
from inference.types import ChatMessage, Request, Role, Sampling

LOGITS = torch.tensor([[0.0, 3.0, 2.0, 1.0]])


def sequence(seed: int = 1, **sampling: float) -> Sequence:
    request = Request((ChatMessage(Role.USER, "x"),), Sampling(seed=seed, **sampling))
    return sequences_of(request, [1], 0, 0.0)[0]


def draws(count: int, **sampling: float) -> Counter:
    one = sequence(**sampling)
    return Counter(choose(LOGITS, [one])[0][0] for _ in range(count))


def test_greedy_takes_the_likeliest_and_its_raw_logprob():
    tokens, logprobs, finite = choose(LOGITS, [sequence()])
    expected = 3.0 - math.log(sum(math.exp(x) for x in (0.0, 3.0, 2.0, 1.0)))
    assert (tokens, finite) == ([1], [True])
    assert logprobs == pytest.approx([expected], abs=1e-6)


def test_logprob_is_of_the_raw_distribution_whatever_the_temperature():
    one = sequence(temperature=2.0, top_k=1)
    assert choose(LOGITS, [one])[1] == choose(LOGITS, [sequence()])[1]


def test_top_k_leaves_the_k_likeliest():
    assert set(draws(300, temperature=1.0, top_k=2)) == {1, 2}


def test_top_p_leaves_the_smallest_set_that_reaches_p():
    # Probabilities, likeliest first: 0.644, 0.237, 0.087, 0.032.
    assert set(draws(300, temperature=1.0, top_p=0.6)) == {1}
    assert set(draws(300, temperature=1.0, top_p=0.7)) == {1, 2}
    assert set(draws(600, temperature=1.0, top_p=0.9)) == {1, 2, 3}


def test_draws_follow_the_tempered_distribution():
    counts = draws(4000, temperature=2.0)
    weights = [math.exp(x / 2) for x in (0.0, 3.0, 2.0, 1.0)]
    for token, weight in enumerate(weights):
        assert counts[token] / 4000 == pytest.approx(weight / sum(weights), abs=0.03)


def test_a_row_draws_by_its_seed_and_not_by_its_neighbours():
    alone = [choose(LOGITS, [one])[0][0] for one in [sequence(7, temperature=1.5)] for _ in range(50)]
    one, cold, other = sequence(7, temperature=1.5), sequence(), sequence(9, temperature=0.7, top_p=0.5)
    among = [choose(LOGITS.repeat(3, 1), [cold, one, other])[0][1] for _ in range(50)]
    assert among == alone


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_row_that_is_not_finite_is_reported_and_the_others_are_not_touched(bad):
    logits = LOGITS.repeat(2, 1)
    logits[0, 2] = bad
    tokens, _, finite = choose(logits, [sequence(temperature=1.0), sequence()])
    assert (tokens[1], finite) == (1, [False, True])


def test_top_p_so_small_that_nothing_reaches_it_keeps_the_likeliest():
    assert set(draws(50, temperature=1.0, top_p=1e-9)) == {1}
