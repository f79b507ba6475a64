from __future__ import annotations

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from inference.engine.detokenizer import Vocabulary
from inference.explaining.words import merged, parts_of


@pytest.fixture(scope="module")
def metaspace():
    """A vocabulary of pieces of words, as SentencePiece makes them, in place of bytes."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.BpeTrainer(vocab_size=60, special_tokens=["<unk>", "</s>"], show_progress=False)
    tokenizer.train_from_iterator(["my card has not arrived, my card", "卡还没到"], trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="</s>")


def words_of(tokenizer, text: str) -> list[str]:
    vocabulary = Vocabulary(tokenizer, frozenset({tokenizer.eos_token_id}))
    ids = tokenizer._tokenizer.encode(text, add_special_tokens=False).ids
    spelled, parts = parts_of(vocabulary, ids)
    assert spelled == text
    return [text[parts[group[0]].start : parts[group[-1]].end] for group in merged(text, parts)]


def test_words_of_another_than_a_byte_level_vocabulary(metaspace):
    assert words_of(metaspace, "my card has not arrived") == ["my", " card", " has", " not", " arrived"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("my card", ["my", "card"]),
        ("Pay 1,000.50 EUR!", ["Pay", "1,000.50", "EUR", "!"]),
        ("don't e-mail me", ["don't", "e-mail", "me"]),
        ("付5欧元。好", ["付", "5", "欧", "元", "。", "好"]),
        ("a\n\nb", ["a", "\n", "\n", "b"]),
        ("😀😀", ["😀", "😀"]),
    ],
)
def test_words_are_whole_numbers_whole_words_and_single_characters(tiny_tokenizer, text, expected):
    assert [word.strip(" ") for word in words_of(tiny_tokenizer, text) if word != " "] == expected
