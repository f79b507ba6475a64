"""A byte-level BPE tokenizer of our own, or a base model's with our control tokens added."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from inference.prompting import (
    CHAT_TEMPLATE,
    END_TOKEN,
    OUT_OF_SCOPE,
    PAD_TOKEN,
    ROLE_TOKENS,
    SMALL_TALK,
    source_token,
)
from inference.training.dataset import Conversation


def sources_of(rows: Iterable[Conversation]) -> list[str]:
    """Every source that an answer names, sorted, the two that are no article among them if any is named."""
    found = {turn.source for row in rows for turn in row.turns if turn.source}
    return sorted(found | {OUT_OF_SCOPE, SMALL_TALK}) if found else []


def control_tokens(sources: Iterable[str]) -> list[str]:
    """All tokens that people's text can never become."""
    return [PAD_TOKEN, END_TOKEN, *ROLE_TOKENS.values(), *map(source_token, sources)]


def train_tokenizer(rows: list[Conversation], vocabulary: int) -> Any:
    """GPT-2's kind of tokenizer, its merges learned from each different text once."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        min_frequency=2,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=control_tokens(sources_of(rows)),
        show_progress=False,
    )
    texts = dict.fromkeys(turn.content for row in rows for turn in row.turns)
    tokenizer.train_from_iterator(texts, trainer)
    return _dress(PreTrainedTokenizerFast(tokenizer_object=tokenizer))


def extend_tokenizer(tokenizer: Any, rows: list[Conversation]) -> Any:
    """Add to a base model's tokenizer the control tokens that it lacks."""
    for trace in ("is_local", "local_files_only"):  # of how it was loaded, and saved with it otherwise
        tokenizer.init_kwargs.pop(trace, None)
    known = tokenizer.get_vocab()
    new = [token for token in control_tokens(sources_of(rows)) if token not in known]
    tokenizer.add_tokens(new, special_tokens=True)
    return _dress(tokenizer)


def _dress(tokenizer: Any) -> Any:
    """End of turn, padding distinct from it (or the end would never be learned) and the template."""
    tokenizer.eos_token = END_TOKEN
    tokenizer.pad_token = PAD_TOKEN
    tokenizer.bos_token = None
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer
