"""Log probabilities as they are told: those of transformers' own pass over the same tokens."""

from __future__ import annotations

import pytest
import torch

from inference.engine.detokenizer import Vocabulary
from inference.engine.logprobs import likeliest
from inference.engine.request import sequences_of
from inference.prompting import END_TOKEN, source_token
from inference.types import TokenLogprob
from tests.inference.conftest import Model, ask, drain, text_of


def told(chunks) -> list[TokenLogprob]:
    return [one for chunk in chunks for one in chunk.logprobs]


def test_told_logprobs_equal_transformers_log_softmax(tiny: Model):
    """Whatever the sampling: of the raw distribution, and the likeliest tokens beside the chosen one."""
    engine = tiny.engine(end_ids=frozenset())
    request = ask("hello", max_new_tokens=40, seed=3, temperature=1.3, top_p=0.9, top_k=50, top_logprobs=5)
    engine.submit(request)
    (sequence,) = engine._scheduler.waiting
    shown = told(drain(engine)[request.id])
    with torch.inference_mode():
        logits = tiny.model(torch.tensor([sequence.prompt + sequence.tokens])).logits[0]
    rows = logits.log_softmax(-1)[len(sequence.prompt) - 1 : -1]
    vocabulary = Vocabulary(tiny.tokenizer, frozenset())
    spelled = [i for i, token in enumerate(sequence.tokens) if not vocabulary.is_control(token)]
    assert len(shown) == len(spelled) > 30
    for one, i in zip(shown, spelled, strict=True):
        best = rows[i].topk(5)
        assert one.logprob == pytest.approx(rows[i, sequence.tokens[i]].item(), abs=1e-4)
        assert [top.logprob for top in one.top] == pytest.approx(best.values.tolist(), abs=1e-4)
        assert [top.data for top in one.top] == [vocabulary.token_bytes(token) for token in best.indices.tolist()]


def test_their_bytes_are_the_answers(tiny: Model):
    engine = tiny.engine(end_ids=frozenset())
    request = ask("hello", max_new_tokens=40, seed=1, temperature=1.0, top_logprobs=0)
    engine.submit(request)
    chunks = drain(engine)[request.id]
    assert b"".join(one.data for one in told(chunks)).decode("utf-8", "ignore") == text_of(chunks)
    assert {one.top for one in told(chunks)} == {()}


def test_who_does_not_ask_is_told_nothing(tiny: Model):
    engine = tiny.engine(end_ids=frozenset())
    asking, other = ask("hello", top_logprobs=2), ask("hello")
    engine.submit(asking)
    engine.submit(other)
    chunks = drain(engine)
    assert (len(told(chunks[asking.id])) > 0, told(chunks[other.id])) == (True, [])


def test_chunks_count_each_token_once(tiny: Model):
    engine = tiny.engine(end_ids=frozenset())
    request = ask("hello", max_new_tokens=12)
    engine.submit(request)
    assert sum(chunk.token_count for chunk in drain(engine)[request.id]) == 12


def test_rows_get_as_many_as_they_ask_for():
    asked = [ask("a", top_logprobs=2), ask("b"), ask("c", top_logprobs=0), ask("d", top_logprobs=9)]
    sequences = [sequences_of(request, [1], 0, 0.0)[0] for request in asked]
    logits = torch.log(torch.tensor([[0.5, 0.3, 0.2]])).repeat(4, 1)
    found = likeliest(logits, sequences)
    assert {row: [token for token, _ in pairs] for row, pairs in found.items()} == {0: [0, 1], 3: [0, 1, 2]}
    assert found[0][1][1] == pytest.approx(-1.2040, abs=1e-4)


def test_nobody_who_asks_costs_nothing():
    assert likeliest("no tensor at all", sequences_of(ask("a", n=2), [1], 0, 0.0)) == {}  # type: ignore[arg-type]


def test_a_token_is_told_as_text_and_bytes(tiny_tokenizer):
    vocabulary = Vocabulary(tiny_tokenizer, frozenset())
    half = tiny_tokenizer("卡", add_special_tokens=False).input_ids[0]
    assert vocabulary.spelled(half)[1] == "卡".encode()[: len(vocabulary.spelled(half)[1])]
    cited = tiny_tokenizer.convert_tokens_to_ids(source_token("card_arrival"))
    assert (vocabulary.spelled(cited), vocabulary.is_control(cited)) == (("", b""), True)
    assert vocabulary.is_control(tiny_tokenizer.convert_tokens_to_ids(END_TOKEN))
