import pytest
import torch

from inference import benchmarking
from inference.engine.prepare import to_int8


@pytest.fixture
def load(tiny):
    return benchmarking._load(tiny.tokenizer, streams=3, prompt=12, answer=5)


def test_prompts_differ_and_have_the_length_that_was_asked(load):
    assert len({tuple(prompt) for prompt in load.prompts}) == 3
    assert {len(prompt) for prompt in load.prompts} == {12}


@pytest.mark.parametrize("method", ["engine", "engine_int8", "generate_threads", "transformers_continuous_batching"])
def test_every_method_writes_all_tokens_of_all_streams(tiny, load, method):
    tiny.model.generation_config.eos_token_id = None
    tiny.model.config.eos_token_id = None
    timing = {
        "engine": lambda: benchmarking.by_engine(tiny.model, tiny.tokenizer, load),
        "engine_int8": lambda: benchmarking.by_engine(to_int8(tiny.model), tiny.tokenizer, load),
        "generate_threads": lambda: benchmarking.by_generate_threads(tiny.model, load),
        "transformers_continuous_batching": lambda: benchmarking.by_continuous_batching(tiny.model, load),
    }[method]()
    assert (timing.tokens, len(timing.first_token_s)) == (15, 3)
    assert 0 < min(timing.first_token_s) <= max(timing.first_token_s) <= timing.total_s


def test_a_row_has_the_columns_of_the_public_surface():
    timing = benchmarking.Timing([0.010, 0.020, 0.400], tokens=30, total_s=2.0)
    row = benchmarking._row("m", torch.device("cpu"), "engine", 3, timing)
    assert benchmarking.as_json([row]) == {
        "rows": [
            {
                "model": "m",
                "device": "cpu",
                "method": "engine",
                "streams": 3,
                "tokens_per_s": 15.0,
                "ttft_ms_p50": 20.0,
                "ttft_ms_p95": 400.0,
            }
        ]
    }


def test_agreement_of_a_model_with_int8_weights_counts_equal_answers(tiny):
    questions = ["my card has not arrived", "转账手续费是多少", "hello"]
    found = benchmarking.int8_agreement(tiny.model, tiny.tokenizer, questions)
    exact = benchmarking._greedy(tiny.model, tiny.tokenizer, questions)
    near = benchmarking._greedy(to_int8(tiny.model), tiny.tokenizer, questions)
    same = sum(one == other for one, other in zip(exact, near, strict=True))
    assert (found.n, found.same_text) == (3, round(same / 3, 4))
