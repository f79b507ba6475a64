"""Short plain texts of articles, and which of their words a search has found.

A text with marks is a list of (piece, marked), so that the template writes every piece as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from html import unescape

import nh3

from chat.markdown import render_page
from inference.retrieval.text import HAN, is_chinese, terms

DESCRIPTION_CHARS = 155
EXCERPT_CHARS = 180
BEFORE_CHARS = 60
_WORDS = re.compile(rf"[{HAN}]+|[^\W_{HAN}]+(?:['’][^\W_{HAN}]+)*")

Pieces = list[tuple[str, bool]]
Span = tuple[int, int]


@lru_cache(maxsize=512)
def plain_text(answer: str) -> str:
    """The words of a Markdown text on one line."""
    return " ".join(unescape(nh3.clean(render_page(answer), tags=set())).split())


def description(answer: str) -> str:
    """The beginning of an answer, for those who list pages."""
    return _cut(plain_text(answer), 0, DESCRIPTION_CHARS)


def excerpt(answer: str, matched: frozenset[str]) -> Pieces:
    """The part of an answer that has the first of the words found, with all of them marked."""
    text = plain_text(answer)
    size = EXCERPT_CHARS // 2 if is_chinese(text) else EXCERPT_CHARS  # a Chinese character is two wide
    first = next(_found(text, matched), (0, 0))[0]
    start = 0 if first < size * 2 // 3 else first - BEFORE_CHARS * size // EXCERPT_CHARS
    return marked(_cut(text, start, size), matched)


def marked(text: str, matched: frozenset[str]) -> Pieces:
    """The whole text in pieces."""
    pieces: Pieces = []
    at = 0
    for start, end in _found(text, matched):
        if start > at:
            pieces.append((text[at:start], False))
        pieces.append((text[start:end], True))
        at = end
    return [*pieces, (text[at:], False)] if at < len(text) else pieces


def _found(text: str, matched: frozenset[str]) -> Iterator[Span]:
    """Where the words stand that make a matched term, in order and apart from each other."""
    for word in _WORDS.finditer(text):
        if is_chinese(word[0]):
            yield from ((word.start() + start, word.start() + end) for start, end in _runs(word[0], matched))
        elif matched.intersection(terms(word[0])):
            yield word.span()


def _runs(text: str, matched: frozenset[str]) -> Iterator[Span]:
    """Chinese has no words to go by: what pairs of characters cover. A single one says too little to be marked."""
    end = 0
    start = 0
    for at in range(len(text) - 1):
        if text[at : at + 2] not in matched:
            continue
        if at > end or not end:
            if end:
                yield start, end
            start = at
        end = at + 2
    if end:
        yield start, end


def _cut(text: str, start: int, size: int) -> str:
    """About `size` characters from about `start`, at the borders of words where there are any."""
    if start:
        start = text.find(" ", start) + 1 or start
    part = text[start : start + size]
    if start + size < len(text):
        whole, _space, _rest = part.rpartition(" ")
        part = (whole if len(whole) > size // 2 else part).rstrip(",;:，；：、") + "…"
    return ("…" if start else "") + part
