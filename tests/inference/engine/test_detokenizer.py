import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.engine.detokenizer import StreamDecoder, Vocabulary, byte_alphabet
from inference.prompting import END_TOKEN, source_token

HARD = "我的卡😀还没到👩‍👩‍👧‍👦，naïve ﷽ 🇨🇳 flag\n"


@pytest.fixture(scope="module")
def vocabulary(tiny_tokenizer):
    return Vocabulary(tiny_tokenizer, frozenset({tiny_tokenizer.eos_token_id}))


def test_byte_alphabet_has_every_byte_once():
    assert sorted(byte_alphabet().values()) == list(range(256))


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=40).map(lambda text: HARD[: len(text) % 7] + text), seed=st.integers(0, 2**32))
def test_text_survives_any_split_into_tokens(tiny_tokenizer, vocabulary, text, seed):
    """Tokens at random split points of the bytes: never U+FFFD, and the pieces join to the text."""
    if "\ufffd" in text:
        return
    single = {vocabulary.token_bytes(i): i for i in range(len(tiny_tokenizer)) if len(vocabulary.token_bytes(i)) == 1}
    chance, data, tokens = random.Random(seed), text.encode(), []
    while data:
        known = [(vocabulary.token_bytes(i), i) for i in range(len(tiny_tokenizer)) if vocabulary.token_bytes(i)]
        longer = [(spelt, i) for spelt, i in known if len(spelt) > 1 and data.startswith(spelt)]
        spelt, token = chance.choice(longer) if longer and chance.random() < 0.5 else (data[:1], single[data[:1]])
        tokens.append(token)
        data = data[len(spelt) :]
    decoder = vocabulary.decoder()
    pieces = [decoder.push(token) for token in tokens]
    assert "".join(pieces) == text
    assert not any("\ufffd" in piece for piece in pieces)


def test_bytes_that_never_become_a_character_are_dropped(vocabulary, tiny_tokenizer):
    half = tiny_tokenizer.convert_tokens_to_ids([c for c, b in byte_alphabet().items() if b == 0xE6])
    letter = tiny_tokenizer.convert_tokens_to_ids("a")
    decoder = vocabulary.decoder()
    assert [decoder.push(token) for token in (*half, letter)] == ["", "a"]


def test_control_tokens_spell_nothing_and_articles_are_known(vocabulary, tiny_tokenizer):
    cited = tiny_tokenizer.convert_tokens_to_ids(source_token("card_arrival"))
    assert vocabulary.token_bytes(cited) == b""
    assert vocabulary.token_bytes(tiny_tokenizer.convert_tokens_to_ids(END_TOKEN)) == b""
    assert vocabulary.sources[cited] == "card_arrival"


def test_stream_decoder_gives_the_same_text(tiny_tokenizer):
    ids = tiny_tokenizer(HARD, add_special_tokens=False).input_ids
    decoder = StreamDecoder(tiny_tokenizer)
    assert "".join(decoder.push(token) for token in ids) == HARD
