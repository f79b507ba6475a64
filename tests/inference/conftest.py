"""A tiny random model with a real byte-level tokenizer, and the real embedded checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from inference import checkpoints
from inference.engine.engine import Engine, Limits, Output
from inference.engine.prepare import fuse, pack
from inference.prompting import CHAT_TEMPLATE, END_TOKEN, PAD_TOKEN, ROLE_TOKENS, source_token
from inference.types import ChatMessage, Chunk, Request, Role, Sampling

WORDS = [
    "my card has not arrived yet",
    "我的卡还没到，请问要等多久？",
    "transfer pending",
    "转账手续费是多少",
    "naïve 😀",
]


# Models this small are slower on two threads, and much slower when others use the cores too.
torch.set_num_threads(1)


@dataclass(frozen=True)
class Model:
    """A model with its tokenizer."""

    model: Any
    tokenizer: Any

    def engine(self, **options: Any) -> Engine:
        options.setdefault("limits", Limits(4, 8, 64))
        return Engine(self.model, self.tokenizer, **options)


def ask(text: str, prefix: str = "", **sampling: Any) -> Request:
    sampling.setdefault("max_new_tokens", 20)
    return Request((ChatMessage(Role.USER, text),), Sampling(**sampling), prefix=prefix)


def drain(engine: Engine) -> dict[str, list[Chunk]]:
    """Step until idle; chunks by request, news of the wait left out."""
    outputs: list[Output] = []
    while not engine.idle:
        outputs += engine.step()
    chunks: dict[str, list[Chunk]] = {}
    for output in outputs:
        if output.chunk.waiting is None:
            chunks.setdefault(output.request_id, []).append(output.chunk)
    return chunks


def text_of(chunks: list[Chunk], index: int = 0) -> str:
    return "".join(chunk.text for chunk in chunks if chunk.index == index)


@pytest.fixture(scope="session")
def tiny_tokenizer() -> Any:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = [PAD_TOKEN, END_TOKEN, *ROLE_TOKENS.values(), source_token("card_arrival"), source_token("-oos")]
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(WORDS, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token=PAD_TOKEN, eos_token=END_TOKEN)
    fast.chat_template = CHAT_TEMPLATE
    return fast


@pytest.fixture
def tiny(tiny_tokenizer: Any) -> Model:
    torch.manual_seed(0)
    config = GPT2Config(
        n_layer=2,
        n_embd=32,
        n_head=4,
        vocab_size=len(tiny_tokenizer),
        n_positions=128,
        bos_token_id=None,
        eos_token_id=tiny_tokenizer.eos_token_id,
    )
    return Model(GPT2LMHeadModel(config).eval(), tiny_tokenizer)


@pytest.fixture(scope="session")
def embedded() -> Model:
    """The checkpoint that ships, as it is served."""
    checkpoint = checkpoints.resolve("embedded")
    model = checkpoints.load_model(checkpoint, torch.float32, torch.device("cpu"))
    return Model(pack(fuse(model)), checkpoints.load_tokenizer(checkpoint))
