from __future__ import annotations

import pytest
import torch

from inference.errors import InvalidRequest
from inference.explaining.reading import read
from inference.explaining.saliency import saliency
from inference.explaining.tokens import tokens
from inference.types import Role
from tests.inference.conftest import ask
from tests.inference.explaining.conftest import PRIOR, serve, talk

QUESTION = (Role.USER, "How much can I top up a day?")


def test_target_and_runner_up_are_those_of_the_tokens(embedded, subject):
    served, _ = serve(embedded, talk(QUESTION))
    reading = read(subject, served)
    view, token = saliency(subject, reading, 4), tokens(subject, reading).tokens[4]
    others = [one for one in token.top if one.token_id != token.token_id]
    assert (view.target.token_id, view.foil.token_id) == (token.token_id, others[0].token_id)
    assert view.margin == pytest.approx(token.logprob - others[0].logprob, abs=1e-4)
    assert len(view.scores) == len(reading.prompt) + 4
    assert sum(word.score for word in view.words) == pytest.approx(sum(view.scores), abs=1e-3)
    assert [i for word in view.words for i in range(word.first, word.last + 1)] == list(range(len(view.scores)))


@pytest.mark.parametrize("name", ["tiny", "llama"])
def test_scores_are_the_slope_along_each_embedding(request, name):
    """Gradient x input of a token: how fast log p(target) - log p(foil) changes as its embedding grows."""
    model, subject = request.getfixturevalue(name), request.getfixturevalue(f"{name}_subject")
    served, _ = serve(model, ask("my card", max_new_tokens=5), None)
    reading = read(subject, served)
    view = saliency(subject, reading, 2, foil=7)
    with torch.inference_mode():
        inputs = subject.embedding(torch.tensor([reading.before(2)])).double()
        double = subject.model.double()

        def margin(position: int, factor: float) -> float:
            scaled = inputs.clone()
            scaled[0, position] *= factor
            values = double(inputs_embeds=scaled).logits[0, -1].log_softmax(-1)
            return float(values[reading.answer[2]] - values[7])

        slopes = [(margin(i, 1.001) - margin(i, 0.999)) / 0.002 for i in range(inputs.shape[1])]
    assert list(view.scores) == pytest.approx(slopes, abs=1e-4)


def test_the_source_is_explained_with_what_retrieval_says(embedded, subject):
    served, _ = serve(embedded, talk(prior=PRIOR))
    view = saliency(subject, read(subject, served), 0)
    assert (view.target.text, view.foil.text) == ("<|source:card_arrival|>", "<|source:lost_or_stolen_card|>")


@pytest.mark.parametrize(("token", "foil"), [(-1, None), (99, None), (1, 400_000), (1, "itself")])
def test_tokens_that_there_are_not_are_refused(tiny, tiny_subject, token, foil):
    served, _ = serve(tiny, ask("hello", max_new_tokens=4))
    reading = read(tiny_subject, served)
    with pytest.raises(InvalidRequest):
        saliency(tiny_subject, reading, token, reading.answer[1] if foil == "itself" else foil)
