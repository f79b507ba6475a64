"""Token ids to text as it is generated. Knows nothing of models.

Byte-level BPE splits a Chinese character or an emoji over several tokens, so bytes are held back
until they are whole characters.
"""

from __future__ import annotations

import codecs
from functools import lru_cache
from typing import Any

from tokenizers.decoders import ByteLevel, DecodeStream

from inference.prompting import source_slug


@lru_cache(maxsize=1)
def byte_alphabet() -> dict[str, int]:
    """The inverse of GPT-2's printable alphabet for bytes (openai/gpt-2, encoder.py, bytes_to_unicode)."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    alphabet = {chr(byte): byte for byte in printable}
    return alphabet | {chr(256 + i): byte for i, byte in enumerate(others)}


class Vocabulary:
    """What a tokenizer's ids stand for: bytes of text, control tokens, cited articles, ends of an answer."""

    def __init__(self, tokenizer: Any, end_ids: frozenset[int]) -> None:
        self._tokenizer = tokenizer
        self.end_ids = end_ids
        added = tokenizer.added_tokens_decoder
        self._control = {i for i, token in added.items() if token.special} | end_ids
        slugs = {i: source_slug(token.content) for i, token in added.items()}
        self.sources = {i: slug for i, slug in slugs.items() if slug}
        self._byte_level = isinstance(tokenizer._tokenizer.decoder, ByteLevel)

    def decoder(self) -> TextDecoder | StreamDecoder:
        """A fresh decoder for one sequence."""
        return TextDecoder(self) if self._byte_level else StreamDecoder(self._tokenizer)

    def is_control(self, token: int) -> bool:
        """Whether it stands for no text."""
        return token in self._control

    def spelled(self, token: int) -> tuple[str, bytes]:
        """A token's text, with U+FFFD for what is only a part of a character, and its bytes."""
        if self._byte_level:
            data = self.token_bytes(token)
            return data.decode("utf-8", "replace"), data
        text = "" if token in self._control else self._tokenizer._tokenizer.decode([token])
        return text, text.encode()

    @lru_cache(maxsize=65536)  # noqa: B019 - one vocabulary lives as long as its engine
    def token_bytes(self, token: int) -> bytes:
        """The bytes that a token of a byte-level vocabulary spells; none for a control token."""
        if token in self._control:
            return b""
        alphabet = byte_alphabet()
        text = self._tokenizer._tokenizer.id_to_token(token) or ""
        return b"".join(bytes([alphabet[c]]) if c in alphabet else c.encode() for c in text)


class TextDecoder:
    """Byte-level tokens to text; bytes that never become a character are dropped, not shown as U+FFFD."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._utf8 = codecs.getincrementaldecoder("utf-8")("ignore")

    def push(self, token: int) -> str:
        """The characters that this token completes."""
        return self._utf8.decode(self._vocabulary.token_bytes(token))


class StreamDecoder:
    """The same for any other vocabulary, through tokenizers' own incremental decoder."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer._tokenizer
        self._stream = DecodeStream(skip_special_tokens=True)

    def push(self, token: int) -> str:
        """The characters that this token completes."""
        return (self._stream.step(self._tokenizer, token) or "").replace("\ufffd", "")
