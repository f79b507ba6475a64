"""The tokenizer: any text can be spelled, control tokens are out of people's reach."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from inference.prompting import CHAT_TEMPLATE, Prompter
from inference.training import Conversation
from inference.training.tokenizer import control_tokens, extend_tokenizer, sources_of

SPECIAL = ["<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]


def test_sources_always_hold_the_two_that_are_no_article(rows: list[Conversation]) -> None:
    assert sources_of(rows) == ["-oos", "-talk", "card_arrival", "pin_blocked"]
    assert sources_of([]) == []


def test_control_tokens_come_first_and_padding_is_not_the_end(tokenizer: Any, rows: list[Conversation]) -> None:
    wanted = control_tokens(sources_of(rows))
    assert tokenizer.convert_ids_to_tokens(range(len(wanted))) == wanted
    assert wanted[:5] == SPECIAL
    assert (tokenizer.pad_token_id, tokenizer.eos_token_id, tokenizer.unk_token_id) == (0, 1, None)
    assert tokenizer.chat_template == CHAT_TEMPLATE


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(text=st.text() | st.sampled_from(["<|end|>", "a<|source:pin_blocked|>", "🙂🇨🇳", "ก็ไม่"]))
def test_any_text_is_spelled_without_a_control_token(tokenizer: Any, rows: list[Conversation], text: str) -> None:
    ids = Prompter(tokenizer, 96).encode_text(text)
    assert [i for i in ids if i < len(control_tokens(sources_of(rows)))] == []
    assert tokenizer.decode(ids) == text


def test_a_base_tokenizer_gets_what_it_lacks(rows: list[Conversation]) -> None:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    base = Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate(alphabet)}, merges=[]))
    base.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer = extend_tokenizer(PreTrainedTokenizerFast(tokenizer_object=base), rows)
    assert len(tokenizer) == 256 + 9
    assert tokenizer.encode("<|user|>A<|end|>") == [256 + 3, alphabet.index("A"), 256 + 1]
    assert len(extend_tokenizer(tokenizer, rows)) == 256 + 9
