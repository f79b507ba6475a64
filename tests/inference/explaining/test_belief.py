from __future__ import annotations

import pytest
import torch

from inference.explaining.belief import belief, repetition
from inference.explaining.reading import logprobs, read
from inference.types import Role
from tests.inference.conftest import ask
from tests.inference.explaining.conftest import PRIOR, serve, talk

QUESTION = (Role.USER, "How much can I top up a day?")


def test_a_greedy_answer_is_belief(embedded, subject):
    served, _ = serve(embedded, talk(prior=PRIOR))
    view = belief(subject, read(subject, served))
    assert (view.same, view.greedy_text, view.greedy_source) == (True, served.text, "card_arrival")
    assert (view.parts_at, view.not_first, view.mass_cut, view.outside) == (None, 0.0, 0.0, 0)


def test_a_greedy_answer_that_was_cut_short_is_belief_as_far_as_it_goes(embedded, subject):
    served, _ = serve(embedded, talk(QUESTION, max_new_tokens=5))
    assert belief(subject, read(subject, served)).same is True


def test_a_drawn_answer_parts_from_the_greedy_one_at_a_token_that_was_not_first(embedded, subject):
    greedy, _ = serve(embedded, talk())
    served, _ = serve(embedded, talk(temperature=1.2, top_p=0.9, seed=5))
    reading = read(subject, served)
    view = belief(subject, reading)
    assert view.greedy_text == greedy.text != served.text
    assert view.parts_at_character is not None
    common = served.text[: view.parts_at_character]
    assert greedy.text.startswith(common)
    assert view.rank_there > 1
    row = logprobs(subject, reading)[view.parts_at].exp()
    assert view.probability_there == pytest.approx(float(row[reading.answer[view.parts_at]]))
    assert 0 < view.not_first < 1


def test_the_mass_that_top_p_cuts_is_counted_as_the_engine_cuts_it(tiny, tiny_subject):
    served, _ = serve(tiny, ask("hello", temperature=0.7, top_p=0.5, top_k=50, seed=2, max_new_tokens=12))
    reading = read(tiny_subject, served)
    assert reading.exact
    view = belief(tiny_subject, reading)
    kept = []
    for row in (logprobs(tiny_subject, reading)[int(reading.named) :] / 0.7).softmax(-1):
        best = row.sort(descending=True).values[:50]
        shares = best / best.sum()
        count = int((shares.cumsum(0) - shares < 0.5).sum())
        kept.append(best[:count].sum())
    assert view.mass_cut == pytest.approx(float(1 - torch.stack(kept).mean()), abs=1e-5)
    assert view.outside == 0


def test_repetition_is_the_share_of_sequences_that_came_before():
    assert repetition([1, 2, 3, 4, 5]) == 0.0
    assert repetition([1, 2, 3, 4] * 2) == pytest.approx(1 - 4 / 5)
    assert repetition([1, 2]) == 0.0


def test_a_llama_has_beliefs_too(llama, llama_subject):
    served, _ = serve(llama, ask("hello", max_new_tokens=8), None)
    assert belief(llama_subject, read(llama_subject, served)).greedy_text == served.text
