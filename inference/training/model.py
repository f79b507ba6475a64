"""The network: from nothing, or a base checkpoint with rows for the new control tokens."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig, GPT2Config, GPT2LMHeadModel

from inference.checkpoints import load_model, load_tokenizer, resolve
from inference.training.dataset import Conversation
from inference.training.options import TrainingOptions
from inference.training.tokenizer import extend_tokenizer, train_tokenizer


def build(options: TrainingOptions, rows: list[Conversation]) -> tuple[Any, Any]:
    """Model (fp32, on the CPU) and tokenizer for a new run."""
    torch.manual_seed(options.seed)
    if not options.base:
        tokenizer = train_tokenizer(rows, options.vocabulary)
        tokenizer.model_max_length = options.positions
        return _new_model(options, tokenizer), tokenizer
    checkpoint = resolve(options.base)
    model = load_model(checkpoint, torch.float32, torch.device("cpu"))
    tokenizer = extend_tokenizer(load_tokenizer(checkpoint), rows)
    if len(tokenizer) > model.get_input_embeddings().num_embeddings:
        _add_rows(model, len(tokenizer))
    _set_ends(model, tokenizer)
    return model, tokenizer


def _new_model(options: TrainingOptions, tokenizer: Any) -> Any:
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=options.positions,
        n_embd=options.width,
        n_layer=options.layers,
        n_head=options.heads,
        embd_pdrop=options.dropout,
        resid_pdrop=0.0,  # drawing random numbers for every layer takes a tenth of a step on a CPU
        attn_pdrop=0.0,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=True,
    )
    model = GPT2LMHeadModel(config)
    _set_ends(model, tokenizer)
    return model


def _add_rows(model: Any, size: int) -> None:
    """New rows at the mean of the old ones: a random row is loud, and every answer would begin with it."""
    old = model.get_input_embeddings().num_embeddings
    model.resize_token_embeddings(size, mean_resizing=False)
    with torch.no_grad():
        for module in (model.get_input_embeddings(), model.get_output_embeddings()):
            module.weight[old:] = module.weight[:old].mean(0)


def _set_ends(model: Any, tokenizer: Any) -> None:
    ends = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id, "bos_token_id": None}
    model.config.update(ends)
    model.generation_config = GenerationConfig(do_sample=False, max_new_tokens=256, **ends)


def window_of(model: Any) -> int:
    """How many tokens the model reads at most."""
    return int(model.config.max_position_embeddings)


def save(model: Any, tokenizer: Any, path: Path) -> None:
    """Half precision safetensors (tied weights once), configuration, tokenizer and chat template."""
    copy.deepcopy(model).to("cpu", torch.float16).save_pretrained(path)
    tokenizer.save_pretrained(path)
