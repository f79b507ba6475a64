from __future__ import annotations

import random
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from inference.engine.engine import Engine, Limits
from inference.errors import (
    DeviceOutOfMemory,
    EngineDied,
    InvalidRequest,
    MessageTooLong,
    NonFiniteLogits,
    Overloaded,
    StepFailed,
)
from inference.types import ChatMessage, FinishReason, Request, Role, Sampling
from tests.inference.conftest import Model, ask, drain, text_of


def final(chunks):
    (last,) = [chunk for chunk in chunks if chunk.finish_reason is not None]
    return last


def answer(engine: Engine, request: Request) -> str:
    engine.submit(request)
    return text_of(drain(engine)[request.id])


# --- one request -------------------------------------------------------------------------------------------
def test_greedy_tokens_equal_transformers_own(tiny: Model):
    engine = tiny.engine(end_ids=frozenset())
    request = ask("my card has not arrived", max_new_tokens=30)
    prompt = engine._prompter.build(request.messages, 30).token_ids
    ids = torch.tensor([prompt])
    config = {"do_sample": False, "max_new_tokens": 30, "pad_token_id": 0, "eos_token_id": None}
    expected = tiny.model.generate(ids, attention_mask=torch.ones_like(ids), **config)[0, len(prompt) :].tolist()
    engine.submit(request)
    (sequence,) = engine._scheduler.waiting
    drain(engine)
    assert sequence.tokens == expected


def test_record_of_a_finished_answer(tiny: Model):
    engine = tiny.engine(end_ids=frozenset())
    request = ask("hello", max_new_tokens=5, seed=11, temperature=1.0)
    engine.submit(request)
    last = final(drain(engine)[request.id])
    record = last.completion
    assert (last.finish_reason, record.completion_tokens, record.seed) == (FinishReason.LENGTH, 5, 11)
    assert record.prompt_tokens == len(engine._prompter.build(request.messages, 5).token_ids)
    assert record.min_logprob <= record.mean_logprob < 0
    assert 0 <= record.queue_ms <= record.first_token_ms <= record.total_ms


def test_logprobs_equal_a_teacher_forced_pass(tiny: Model):
    engine = tiny.engine(end_ids=frozenset())
    request = ask("hello", max_new_tokens=8, seed=3, temperature=1.3, top_p=0.9)
    engine.submit(request)
    (sequence,) = engine._scheduler.waiting
    record = final(drain(engine)[request.id]).completion
    ids = torch.tensor([sequence.prompt + sequence.tokens])
    with torch.inference_mode():
        logprobs = tiny.model(ids).logits.log_softmax(-1)[0]
    expected = [logprobs[len(sequence.prompt) + i - 1, token].item() for i, token in enumerate(sequence.tokens)]
    assert record.mean_logprob == pytest.approx(sum(expected) / 8, abs=1e-4)
    assert record.min_logprob == pytest.approx(min(expected), abs=1e-4)


def test_a_seed_repeats_an_answer_and_candidates_differ(tiny: Model):
    engine = tiny.engine(end_ids=frozenset())
    runs = []
    for _ in range(2):
        request = ask("hello", temperature=1.5, seed=5, n=3)
        engine.submit(request)
        chunks = drain(engine)[request.id]
        runs.append([text_of(chunks, index) for index in range(3)])
    assert runs[0] == runs[1]
    assert len(set(runs[0])) == 3


def test_a_stop_string_ends_the_answer_and_is_not_shown(tiny: Model):
    whole = answer(tiny.engine(end_ids=frozenset()), ask("hello", max_new_tokens=20))
    stop = whole[len(whole) // 2 :][:3]
    engine = tiny.engine(end_ids=frozenset())
    request = ask("hello", max_new_tokens=20, stop=(stop,))
    engine.submit(request)
    chunks = drain(engine)[request.id]
    assert text_of(chunks) == whole[: whole.index(stop)]
    assert final(chunks).finish_reason is FinishReason.STOP


def test_the_window_ends_an_answer_that_fills_it(tiny: Model):
    engine = tiny.engine(end_ids=frozenset(), window=40)
    request = ask("hello", max_new_tokens=200)
    engine.submit(request)
    last = final(drain(engine)[request.id])
    assert last.finish_reason is FinishReason.LENGTH
    assert last.completion.prompt_tokens + last.completion.completion_tokens == 40


def test_a_prompt_in_small_chunks_gives_the_same_answer(tiny: Model):
    request = ask("my card has not arrived yet and " * 3)
    whole = answer(tiny.engine(limits=Limits(2, 2, 512)), request)
    assert answer(tiny.engine(limits=Limits(2, 2, 5)), request) == whole


def test_prefix_is_gone_on_from(tiny: Model):
    engine = tiny.engine(end_ids=frozenset())
    whole = answer(engine, ask("hello", max_new_tokens=20))
    tokens = engine._prompter.encode_text(whole)
    for cut in range(1, len(whole)):
        prefix = whole[:cut]
        if engine._prompter.encode_text(prefix) == tokens[: len(engine._prompter.encode_text(prefix))]:
            rest = answer(engine, ask("hello", prefix=prefix, max_new_tokens=5))
            assert (prefix + rest)[: len(whole)] == whole[: len(prefix + rest)]
            return
    pytest.fail("no prefix of the answer ends between two tokens")


# --- many requests: the real checkpoint ----------------------------------------------------------------------
QUESTIONS = [
    "My new card has not arrived, what now?",
    "How do I change my PIN?",
    "我的转账还没到账，怎么办？",
    "Why was I charged a fee for the withdrawal?",
    "充值失败了怎么回事",
    "hello!",
    "Can I get a virtual card?",
    "What is the capital of France?",
]


def questions(count: int) -> list[Request]:
    lead = ["", "Hi, ", "Please help: ", "你好，", "urgent!! "]
    return [ask(lead[i % 5] + QUESTIONS[i % 8], max_new_tokens=12 + i % 40 // 2) for i in range(count)]


def test_greedy_answers_in_a_busy_batch_equal_those_alone(embedded: Model):
    """200 requests that join and leave a batch of 8 at different times, some of them cancelled."""
    requests, chance = questions(200), random.Random(0)
    alone = {}
    solo = embedded.engine(limits=Limits(1, 4))
    for request in requests:
        key = (request.messages, request.sampling)
        if key not in alone:
            alone[key] = answer(solo, request)
    busy = embedded.engine(limits=Limits(8, 400))
    waiting, together, cancelled = list(requests), {}, set()
    while waiting or not busy.idle:
        for _ in range(min(len(waiting), chance.choice([0, 0, 1, 2]))):
            busy.submit(waiting.pop())
            if chance.random() < 0.1:
                extra = ask("I will leave soon", temperature=1.0)
                busy.submit(extra)
                cancelled.add(extra.id)
        if cancelled and chance.random() < 0.2:
            busy.cancel(chance.choice(sorted(cancelled)))
        for output in busy.step():
            together[output.request_id] = together.get(output.request_id, "") + output.chunk.text
    for request in requests:
        assert together[request.id] == alone[(request.messages, request.sampling)]


def test_canary_words_stay_with_their_own_request(embedded: Model):
    engine = embedded.engine(limits=Limits(8, 100))
    canaries = {}
    for i in range(60):
        word = f"zq{i:03d}x"
        request = ask(f"My name is {word}. {QUESTIONS[i % 8]}", temperature=0.9, seed=i)
        canaries[request.id] = word
        engine.submit(request)
    answers = {request_id: text_of(chunks) for request_id, chunks in drain(engine).items()}
    assert len(answers) == 60
    for request_id, text in answers.items():
        assert [word for other, word in canaries.items() if other != request_id and word in text] == []


class Echo(nn.Module):
    """A decoder that can only repeat its prompt, and reads it from the KV cache: what leaks is seen at once."""

    PERIOD = 16
    device, dtype = torch.device("cpu"), torch.float32

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self._vocabulary = vocabulary
        self.config = SimpleNamespace(
            num_attention_heads=1, num_hidden_layers=1, hidden_size=1, max_position_embeddings=128
        )
        self.generation_config = SimpleNamespace(eos_token_id=-1)

    def forward(self, input_ids, position_ids, past_key_values, **_):
        tokens = input_ids[:, None, :, None].float()
        keys, _ = past_key_values.update(tokens, tokens, 0)
        at = position_ids[:, -1] - self.PERIOD + 1
        repeated = keys[torch.arange(len(keys)), 0, at.clamp(min=0), 0].long()
        return SimpleNamespace(logits=nn.functional.one_hot(repeated, self._vocabulary).float()[:, None])


def test_rows_of_the_cache_never_mix(tiny_tokenizer):
    """200 prompts with their own letters through 8 rows, at random times, with random cancels."""
    engine = Engine(Echo(len(tiny_tokenizer)), tiny_tokenizer, limits=Limits(8, 600, 40))
    chance, heard, expected = random.Random(1), {}, {}
    for _ in range(200):
        # A prompt is <|user|> + 13 letters + <|end|><|assistant|>: 16 tokens, one period.
        word = "".join(chance.choice("bdfghjkq") for _ in range(13))
        request = ask(word, max_new_tokens=chance.randint(5, 40))
        engine.submit(request)
        expected[request.id] = word
        for _ in range(chance.randint(0, 6)):
            for output in engine.step():
                heard[output.request_id] = heard.get(output.request_id, "") + output.chunk.text
        if chance.random() < 0.2:
            engine.cancel(chance.choice(list(expected)))
    for request_id, chunks in drain(engine).items():
        heard[request_id] = heard.get(request_id, "") + text_of(chunks)
    assert sorted(heard) == sorted(expected)
    for request_id, text in heard.items():
        assert text == (expected[request_id] * 4)[: len(text)]


# --- leaving early, and faults -------------------------------------------------------------------------------
def test_cancel_is_told_at_the_next_step_and_the_row_is_used_again(tiny: Model):
    engine = tiny.engine(limits=Limits(1, 4), end_ids=frozenset())
    first, second = ask("hello", max_new_tokens=90), ask("hi")
    engine.submit(first)
    engine.submit(second)
    engine.step()
    engine.step()
    engine.cancel(first.id)
    (told,) = [output for output in engine.step() if output.chunk.finish_reason is not None]
    assert (told.request_id, told.chunk.finish_reason) == (first.id, FinishReason.CANCELLED)
    assert engine.running == 1
    assert final(drain(engine)[second.id]).finish_reason is FinishReason.LENGTH


def test_cancel_of_a_waiting_request_and_of_an_unknown_one(tiny: Model):
    engine = tiny.engine(limits=Limits(1, 4))
    first, second = ask("hello"), ask("hi")
    engine.submit(first)
    engine.submit(second)
    engine.step()
    engine.cancel(second.id)
    engine.cancel("unknown")
    chunks = drain(engine)
    assert final(chunks[second.id]).finish_reason is FinishReason.CANCELLED
    assert final(chunks[second.id]).completion.first_token_ms is None
    assert final(chunks[first.id]).error is None


def test_a_full_queue_is_refused_and_nothing_of_it_is_kept(tiny: Model):
    engine = tiny.engine(limits=Limits(1, 1))
    engine.submit(ask("one"))
    engine.submit(ask("two"))
    with pytest.raises(Overloaded):
        engine.submit(ask("three"))
    assert len(drain(engine)) == 2


def test_those_who_wait_hear_their_place(tiny: Model):
    engine = tiny.engine(limits=Limits(1, 4))
    requests = [ask(word) for word in ("one", "two", "three")]
    for request in requests:
        engine.submit(request)
    waits = [(o.request_id, o.chunk.waiting.position) for o in engine.step() if o.chunk.waiting]
    assert waits == [(requests[1].id, 1), (requests[2].id, 2)]
    later = []
    while engine.queued == 2:
        later = [(o.request_id, o.chunk.waiting.position) for o in engine.step() if o.chunk.waiting]
    assert later == [(requests[2].id, 1)]


@pytest.mark.parametrize(
    ("raised", "told"),
    [(RuntimeError("boom"), StepFailed), (torch.OutOfMemoryError("no memory"), DeviceOutOfMemory)],
)
def test_a_failing_step_fails_its_requests_and_leaves_a_working_engine(tiny: Model, monkeypatch, raised, told):
    engine = tiny.engine(limits=Limits(2, 4))
    first, second, third = ask("one"), ask("two"), ask("three")
    expected = answer(tiny.engine(limits=Limits(2, 4)), third)
    for request in (first, second, third):
        engine.submit(request)
    engine.step()
    whole = engine._runner.decode

    def once(*args):
        monkeypatch.setattr(engine._runner, "decode", whole)
        raise raised

    monkeypatch.setattr(engine._runner, "decode", once)
    chunks = drain(engine)
    for request in (first, second):
        assert final(chunks[request.id]).finish_reason is FinishReason.ERROR
        assert type(final(chunks[request.id]).error) is told
        assert "boom" not in str(final(chunks[request.id]).error)
    assert text_of(chunks[third.id]) == expected


def test_nan_in_one_row_fails_that_row_only(tiny: Model, monkeypatch):
    engine = tiny.engine(limits=Limits(3, 4))
    requests = [ask(word) for word in ("one", "two", "three")]
    alone = [answer(tiny.engine(), request) for request in requests]
    for request in requests:
        engine.submit(request)
    heard = {output.request_id: output.chunk.text for output in engine.step()}
    whole = engine._runner.decode

    def poisoned(*args):
        monkeypatch.setattr(engine._runner, "decode", whole)
        logits = whole(*args).clone()
        logits[1] = torch.nan
        return logits

    monkeypatch.setattr(engine._runner, "decode", poisoned)
    chunks = drain(engine)
    assert type(final(chunks[requests[1].id]).error) is NonFiniteLogits
    texts = [heard.get(request.id, "") + text_of(chunks[request.id]) for request in requests]
    assert [texts[0], texts[2]] == [alone[0], alone[2]]


def test_fail_all_tells_everybody_once(tiny: Model):
    engine = tiny.engine(limits=Limits(1, 4))
    requests = [ask("one", n=2), ask("two")]
    for request in requests:
        engine.submit(request)
    engine.step()
    outputs = engine.fail_all(EngineDied("gone"))
    assert sorted(output.request_id for output in outputs) == sorted([requests[0].id] * 2 + [requests[1].id])
    assert engine.idle


# --- requests that cannot be ---------------------------------------------------------------------------------
def test_a_message_longer_than_the_window_is_refused(tiny: Model):
    with pytest.raises(MessageTooLong):
        tiny.engine().submit(ask("card " * 500))


def test_a_conversation_must_end_with_the_user(tiny: Model):
    messages = (ChatMessage(Role.USER, "a"), ChatMessage(Role.ASSISTANT, "b"))
    with pytest.raises(InvalidRequest):
        tiny.engine().submit(Request(messages, Sampling()))
