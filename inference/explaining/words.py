"""Tokens as pieces of a text, and merged to the words that people read."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass

from inference.engine.detokenizer import TextDecoder, Vocabulary
from inference.retrieval.text import HAN

# White space, a Han character, a word or number with what holds it together, or a sign.
_PIECES = re.compile(rf"\s|[{HAN}]|[^\W{HAN}]+(?:['’.,:/@&-][^\W{HAN}]+)*|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Part:
    """A token in its text: the characters from `start` to `end` are complete with it.

    `whole` tells that no character is half written before it, so that a word can begin here.
    """

    data: bytes
    start: int
    end: int
    control: bool
    whole: bool


def parts_of(vocabulary: Vocabulary, token_ids: Sequence[int]) -> tuple[str, list[Part]]:
    """The text that the tokens spell, as the engine shows it, and each token's place in it."""
    utf8 = codecs.getincrementaldecoder("utf-8")("ignore")
    text, found = "", []
    for token, data in zip(token_ids, _bytes(vocabulary, token_ids), strict=True):
        whole, start = not utf8.getstate()[0], len(text)
        text += utf8.decode(data)
        found.append(Part(data, start, len(text), vocabulary.is_control(token), whole))
    return text, found


def merged(text: str, parts: Sequence[Part]) -> list[range]:
    """The tokens of each word, in order: a token that begins inside a word, or in a character, belongs to it."""
    begins = {match.start() for match in _PIECES.finditer(text)}
    groups: list[range] = []
    for i, part in enumerate(parts):
        joins = i > 0 and not part.control and not parts[i - 1].control and not (part.whole and part.start in begins)
        groups.append(range(groups.pop().start, i + 1) if joins else range(i, i + 1))
    return groups


def _bytes(vocabulary: Vocabulary, token_ids: Sequence[int]) -> list[bytes]:
    """What each token adds; a vocabulary of other than bytes says it only in order (white space before a word)."""
    decoder = vocabulary.decoder()
    if isinstance(decoder, TextDecoder):
        return [vocabulary.token_bytes(token) for token in token_ids]
    return [decoder.push(token).encode() for token in token_ids]
