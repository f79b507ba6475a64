"""Whether an answer reads well, as far as a program can tell: whole, in one language, without repetition or debris."""

from __future__ import annotations

import re
from dataclasses import dataclass

from inference.evaluation import repeats
from inference.retrieval.text import HAN

CHINESE_SHARE = 0.2  # of the letters: one Chinese character says as much as several Latin ones
ENGLISH_SHARE = 0.02  # more than this in an English answer is a slip into Chinese
_HAN = re.compile(rf"[{HAN}]")
_ENDS = re.compile(r"[.!?。！？…][\"'”’)）」』*_`\s]*$")
_LIST_ITEM = re.compile(r"^\s*(?:[-*+•]|\d+[.)、])\s*\S")
_LINK = re.compile(r"\[[^\]\n]*\]\([^)\s]*\)")
_DEBRIS = re.compile(r"<\|[^|]*\|?>?|\ufffd|[\x00-\x08\x0b-\x1f\x7f]|\]\(|</?[a-zA-Z][^>]*>")


@dataclass(frozen=True, slots=True)
class Form:
    """What can be said about an answer's text. All of these should be true."""

    ended: bool  # by itself, not at the limit of tokens
    whole: bool  # the last sentence has its end
    language_right: bool
    no_repetition: bool
    markup_whole: bool

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return self.ended and self.whole and self.language_right and self.no_repetition and self.markup_whole


def check(text: str, language: str, ended: bool, quoted: bool) -> Form:
    """Judge an answer that should be in `language`; `quoted` text is an editor's own, and may repeat itself."""
    return Form(
        ended,
        quoted or is_whole(text),
        is_in(language, text),
        quoted or not repeats(text),
        quoted or markup_is_whole(text),
    )


def han_share(text: str) -> float | None:
    """The share of Han characters among the letters; None without letters."""
    letters = sum(character.isalpha() for character in text)
    return len(_HAN.findall(text)) / letters if letters else None


def language_of(text: str) -> str:
    """Chinese when enough of its letters are, else English."""
    return "zh-hans" if (han_share(text) or 0.0) >= CHINESE_SHARE else "en"


def is_in(language: str, text: str) -> bool:
    """Whether an answer is in that language throughout. Names in Latin letters are usual in Chinese."""
    share = han_share(text)
    if share is None:
        return True
    return share >= CHINESE_SHARE if language.startswith("zh") else share <= ENGLISH_SHARE


def is_whole(text: str) -> bool:
    """Whether the text has an end: of a sentence, or of a list."""
    lines = text.strip().splitlines()
    return bool(lines) and bool(_ENDS.search(lines[-1]) or _LIST_ITEM.match(lines[-1]))


def markup_is_whole(text: str) -> bool:
    """Whether bold type, code and links are closed, and nothing is in the text that is not meant to be read."""
    if text.count("**") % 2 or text.count("`") % 2:
        return False
    return not _DEBRIS.search(_LINK.sub("", text))
