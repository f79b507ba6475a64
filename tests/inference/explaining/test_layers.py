from __future__ import annotations

import numpy as np
import pytest
import torch

from inference.explaining.layers import attention, lens
from inference.explaining.reading import read
from inference.explaining.tokens import tokens
from tests.inference.conftest import ask
from tests.inference.explaining.conftest import PRIOR, serve, talk


@pytest.fixture(params=["tiny", "llama"])
def pair(request):
    """A subject and the reading of an answer of its model."""
    model, subject = request.getfixturevalue(request.param), request.getfixturevalue(f"{request.param}_subject")
    served, _ = serve(model, ask("my card has not arrived", max_new_tokens=6), None)
    return subject, read(subject, served)


def test_attention_is_transformers_own(pair):
    subject, reading = pair
    view = attention(subject, reading, 3)
    with torch.inference_mode():
        output = subject.model(torch.tensor([reading.before(3)]), output_attentions=True)
    expected = np.stack([layer[0, :, -1].numpy() for layer in output.attentions])
    assert view.weights.shape == (subject.model.config.num_hidden_layers, 4, len(reading.prompt) + 3)
    np.testing.assert_allclose(view.weights, expected, atol=1e-6)
    np.testing.assert_allclose(view.weights.sum(-1), 1, atol=1e-5)
    assert sum(word.score for word in view.words) == pytest.approx(1, abs=1e-5)
    assert len(view.texts) == view.weights.shape[-1]


def test_the_lens_ends_with_what_the_model_says(pair):
    subject, reading = pair
    view, token = lens(subject, reading, 3), tokens(subject, reading).tokens[3]
    assert [layer.layer for layer in view.layers] == list(range(subject.model.config.num_hidden_layers + 1))
    assert (view.layers[-1].rank, view.target.token_id) == (token.rank, token.token_id)
    assert view.layers[-1].probability == pytest.approx(token.probability, abs=1e-5)
    assert [one.token_id for one in view.layers[-1].top] == [one.token_id for one in token.top]


def test_the_lens_reads_each_layer_through_the_final_norm_and_the_head(pair):
    subject, reading = pair
    with torch.inference_mode():
        states = subject.model(torch.tensor([reading.before(2)]), output_hidden_states=True).hidden_states
        rows = [subject.head(subject.final_norm(state[0, -1])).softmax(-1) for state in states[:-1]]
    found = [layer.probability for layer in lens(subject, reading, 2).layers[:-1]]
    assert found == pytest.approx([float(row[reading.answer[2]]) for row in rows], abs=1e-5)


def test_the_embedded_checkpoint_comes_to_its_source_layer_by_layer(embedded, subject):
    served, _ = serve(embedded, talk(prior=PRIOR))
    reading = read(subject, served)
    view = lens(subject, reading, 0)
    assert (view.target.text, view.layers[-1].rank, len(view.layers)) == ("<|source:card_arrival|>", 1, 5)
    assert attention(subject, reading, 0).weights.shape == (4, 4, len(reading.prompt))
