"""A copy of the embedded checkpoint to look at, tiny models, and answers that the real engine gave."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from inference import checkpoints
from inference.explaining.served import Served
from inference.explaining.subject import Names, Subject
from inference.types import ChatMessage, Completion, FinishReason, Request, Role, Sampling
from tests.inference.conftest import Model, drain, text_of

PRIOR = {"card_arrival": -0.5, "lost_or_stolen_card": -2.0, "-oos": -3.0}
TALK = (
    (Role.USER, "hello"),
    (Role.ASSISTANT, "Hello! How can I help?"),
    (Role.USER, "How do I order a card?"),
    (Role.ASSISTANT, "Open the app and choose Cards."),
    (Role.USER, "my new card still has not arrived"),
)


def talk(*turns: tuple[Role, str], prefix: str = "", prior: Any = None, **sampling: Any) -> Request:
    """A request of these turns, TALK by default."""
    messages = tuple(ChatMessage(role, text) for role, text in turns or TALK)
    sampling.setdefault("max_new_tokens", 120)
    return Request(messages, Sampling(**sampling), prefix=prefix, source_prior=prior or {})


def serve(model: Model, request: Request, history_turns: int | None = 2) -> tuple[Served, Completion]:
    """What the real engine answers, as a record of it would be read."""
    engine = model.engine(history_turns=history_turns)
    engine.submit(request)
    (chunks,) = drain(engine).values()
    record, finish = chunks[-1].completion, chunks[-1].finish_reason
    assert record is not None
    source = next((chunk.citation.slug for chunk in chunks if chunk.citation), "")
    return Served(request, text_of(chunks), source, finish or FinishReason.STOP, record.completion_tokens), record


@pytest.fixture(scope="session")
def subject() -> Subject:
    """The embedded checkpoint as the explainer loads it."""
    return Subject.load(checkpoints.resolve("embedded"))


@pytest.fixture
def tiny_subject(tiny: Model) -> Subject:
    return Subject(tiny.model, tiny.tokenizer, Names("tiny", "0"))


@pytest.fixture
def llama(tiny_tokenizer: Any) -> Model:
    """A random Llama: rotary positions, grouped key-value heads, RMS norm, a head of its own."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tiny_tokenizer),
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=128,
        bos_token_id=None,
        eos_token_id=tiny_tokenizer.eos_token_id,
        tie_word_embeddings=False,
    )
    return Model(LlamaForCausalLM(config).eval(), tiny_tokenizer)


@pytest.fixture
def llama_subject(llama: Model) -> Subject:
    return Subject(llama.model, llama.tokenizer, Names("llama", "0"))
