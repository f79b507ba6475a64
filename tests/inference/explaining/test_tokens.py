from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from inference import checkpoints
from inference.explaining.reading import read
from inference.explaining.served import Served
from inference.explaining.tokens import tokens
from inference.types import FinishReason, Role
from tests.inference.conftest import ask
from tests.inference.explaining.conftest import PRIOR, serve, talk

ENGLISH, CHINESE = (Role.USER, "How much can I top up a day?"), (Role.USER, "卡还没到，都两周了")


@pytest.mark.parametrize(
    "request_",
    [
        talk(ENGLISH),
        talk(CHINESE),
        talk(prior=PRIOR),
        talk(prior=PRIOR, temperature=1.0, top_p=0.95, seed=5),
        talk(CHINESE, temperature=1.3, seed=11),
        talk(ENGLISH, max_new_tokens=7),
        talk(ENGLISH, prefix="You can top up", max_new_tokens=20),
    ],
)
def test_the_mean_and_the_least_are_those_of_the_engine(embedded, subject, request_):
    served, record = serve(embedded, request_)
    view = tokens(subject, read(subject, served))
    assert (view.text, len(view.tokens), view.exact) == (served.text, record.completion_tokens, True)
    assert view.mean_logprob == pytest.approx(record.mean_logprob, abs=1e-4)
    assert view.min_logprob == pytest.approx(record.min_logprob, abs=1e-4)


def test_values_are_those_of_transformers_own_forward(embedded, subject):
    served, _ = serve(embedded, talk(CHINESE, temperature=1.0, seed=3))
    reading = read(subject, served)
    view = tokens(subject, reading)
    model = checkpoints.load_model(checkpoints.resolve("embedded"), torch.float32, torch.device("cpu"))
    with torch.inference_mode():
        whole = model(torch.tensor([reading.together])).logits[0].log_softmax(-1)
    rows = whole[len(reading.prompt) - 1 : -1]
    order = rows.argsort(-1, descending=True)
    for i, token in enumerate(view.tokens):
        row = rows[i]
        assert token.logprob == pytest.approx(float(row[token.token_id]), abs=1e-4)
        assert token.probability == pytest.approx(float(row[token.token_id].exp()), abs=1e-4)
        assert token.entropy == pytest.approx(float(-(row.exp() * row).sum()), abs=1e-4)
        assert token.rank == order[i].tolist().index(token.token_id) + 1
        assert [one.token_id for one in token.top] == order[i][:5].tolist()
        assert [one.logprob for one in token.top] == pytest.approx(row[order[i][:5]].tolist(), abs=1e-4)


def test_words_hold_all_tokens_and_are_as_likely_as_their_least_likely_one(embedded, subject):
    served, _ = serve(embedded, talk(ENGLISH))
    view = tokens(subject, read(subject, served))
    assert [i for word in view.words for i in range(word.first, word.last + 1)] == list(range(len(view.tokens)))
    assert "".join(word.text for word in view.words if not word.control) == served.text
    assert [word.text for word in view.words if word.control] == ["<|source:top_up_limits|>", "<|end|>"]
    for word in view.words:
        assert word.probability == min(view.tokens[i].probability for i in range(word.first, word.last + 1))
    assert {" 5,000", " 15,000"} & {word.text for word in view.words}
    assert {(mark.kind, mark.text) for mark in view.marks} >= {("price", "5,000 EUR"), ("price", "15,000 EUR")}


def test_characters_of_several_tokens_are_one_word(tiny_subject):
    text = "我 😀 naïve"
    view = tokens(tiny_subject, read(tiny_subject, Served(ask("hello"), text, "card_arrival", FinishReason.LENGTH)))
    assert view.text == text
    assert b"".join(token.data for token in view.tokens) == text.encode()
    assert [word.text.strip() for word in view.words if word.text.strip()][1:] == ["我", "😀", "naïve"]


def test_another_split_of_the_same_text_is_found_by_its_seed(tiny, tiny_subject):
    """A random model draws tokens that nobody would encode its text to."""
    served, record = serve(tiny, ask("hello", temperature=1.5, seed=3, max_new_tokens=40))
    usual = read(tiny_subject, replace(served, completion_tokens=None))
    reading = read(tiny_subject, served)
    assert len(usual.answer) != record.completion_tokens
    assert (len(reading.answer), reading.exact) == (record.completion_tokens, True)
    view = tokens(tiny_subject, reading)
    assert view.mean_logprob == pytest.approx(record.mean_logprob, abs=1e-4)


def test_what_cannot_be_found_again_is_said(tiny, tiny_subject):
    served, _ = serve(tiny, ask("hello", temperature=1.5, seed=3, max_new_tokens=40))
    other = replace(served, request=ask("hello", temperature=1.5, seed=4, max_new_tokens=40))
    assert tokens(tiny_subject, read(tiny_subject, other)).exact is False


def test_an_answer_of_nothing_has_no_values(tiny_subject):
    view = tokens(tiny_subject, read(tiny_subject, Served(ask("x", prefix="y"), "", finish=FinishReason.CANCELLED)))
    assert (view.tokens, view.mean_logprob, view.low, view.top_margin) == ((), None, None, None)


def test_a_llama_is_read_too(llama, llama_subject):
    served, record = serve(llama, ask("hello", max_new_tokens=12), None)
    view = tokens(llama_subject, read(llama_subject, served))
    assert len(view.tokens) == record.completion_tokens
    assert view.mean_logprob == pytest.approx(record.mean_logprob, abs=1e-4)
