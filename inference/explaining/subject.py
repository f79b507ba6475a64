"""The checkpoint that is explained: its own copy of the model, in fp32 and with attention that can be looked at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from inference.checkpoints import Checkpoint, load_model, load_tokenizer
from inference.engine.detokenizer import Vocabulary
from inference.engine.prepare import fuse
from inference.engine.sources import SourceTokens
from inference.errors import CheckpointError
from inference.explaining.rendering import Renderer
from inference.explaining.views import Alternative
from inference.prompting import source_token

# What transformers' decoders call the norm before the head.
FINAL_NORMS = ("ln_f", "norm", "final_layer_norm", "final_layernorm", "final_norm")


@dataclass(frozen=True, slots=True)
class Names:
    """What the checkpoint is called, and its hash."""

    name: str
    sha256: str


class Subject:
    """A model with its tokenizer, for one thread. `window` is in tokens, by default the model's.

    The model is changed: its attention becomes the eager one, which alone tells its weights, and its parameters take
    no gradients. So it must not be the one that serves.
    """

    def __init__(
        self, model: Any, tokenizer: Any, names: Names, window: int = 0, history_turns: int | None = None
    ) -> None:
        model.set_attn_implementation("eager")
        self.model = model.eval().requires_grad_(False)
        self.names = names
        self.renderer = Renderer(tokenizer, window or model.config.max_position_embeddings, history_turns)
        self.end_id = _end_id(model, tokenizer)
        self.vocabulary = Vocabulary(tokenizer, _end_ids(model, tokenizer))
        self.sources = SourceTokens(self.vocabulary.sources, torch.device("cpu"))
        self._tokenizer = tokenizer

    @classmethod
    def load(cls, checkpoint: Checkpoint) -> Subject:
        """From disk, onto the CPU. Raises CheckpointError."""
        model = fuse(load_model(checkpoint, torch.float32, torch.device("cpu")))
        names = Names(checkpoint.name, checkpoint.sha256)
        return cls(model, load_tokenizer(checkpoint), names, history_turns=checkpoint.history_turns)

    @property
    def embedding(self) -> nn.Module:
        return self.model.get_input_embeddings()

    @property
    def head(self) -> nn.Module:
        return self.model.get_output_embeddings()

    @property
    def final_norm(self) -> nn.Module:
        """The norm between the last layer and the head. Raises CheckpointError when it has another name."""
        found = (getattr(self.model.base_model, name, None) for name in FINAL_NORMS)
        norm = next((module for module in found if module is not None), None)
        if norm is None:
            raise CheckpointError(f"The model {type(self.model).__name__} has no final norm among {FINAL_NORMS}.")
        return norm

    def source_id(self, slug: str) -> int | None:
        """The token that names the article; None when the checkpoint has none."""
        return next((token for token, known in self.sources.slugs.items() if known == slug), None)

    def spelled(self, token: int) -> str:
        """A token for people: control tokens by their name."""
        if self.vocabulary.is_control(token):
            slug = self.sources.slugs.get(token)
            return source_token(slug) if slug else self._tokenizer._tokenizer.id_to_token(token) or ""
        return self.vocabulary.spelled(token)[0]

    def alternative(self, token: int, logprob: float) -> Alternative:
        """A token with its natural log probability."""
        return Alternative(token, self.spelled(token), math.exp(logprob), logprob)

    def likeliest(self, logprobs: Tensor, count: int) -> tuple[Alternative, ...]:
        """The best of a row (vocabulary,) of log probabilities."""
        best = logprobs.topk(min(count, logprobs.shape[-1]))
        return tuple(map(self.alternative, best.indices.tolist(), best.values.tolist()))

    def logits(self, token_ids: Sequence[int], keep: int) -> Tensor:
        """One teacher-forced pass; the logits (keep, vocabulary) of the last positions."""
        with torch.inference_mode():
            return self.model(input_ids=torch.tensor([list(token_ids)]), logits_to_keep=keep).logits[0].float()


def _end_ids(model: Any, tokenizer: Any) -> frozenset[int]:
    """The ids that end an answer, as the engine finds them."""
    end = model.generation_config.eos_token_id
    end = tokenizer.eos_token_id if end is None else end
    return frozenset(end if isinstance(end, list) else {end} - {None})


def _end_id(model: Any, tokenizer: Any) -> int | None:
    """The one of them with which an answer is taken to have ended."""
    ends = _end_ids(model, tokenizer)
    return tokenizer.eos_token_id if tokenizer.eos_token_id in ends else min(ends, default=None)
