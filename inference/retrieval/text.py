"""Text as both engines compare it: one spelling of everything that can be written in several ways.

`normalise` keeps a text readable (keywords and patterns are matched against it), `terms` are what an index
counts, and a `Vocabulary` knows which known term a misspelt one was meant to be.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable, Mapping
from functools import lru_cache

import Stemmer
from rapidfuzz import process
from rapidfuzz.distance import OSA

HAN = r"\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_CURRENCIES = {"£": " gbp ", "€": " eur ", "$": " usd ", "¥": " cny ", "₹": " inr "}
_APOSTROPHES = dict.fromkeys("‘’‚‛′`´ʼ", "'")
_QUOTES = dict.fromkeys("“”„‟″«»「」『』", '"')
_DASHES = dict.fromkeys("‐‑‒–—―−", "-")
_SIGNS = str.maketrans(_CURRENCIES | _APOSTROPHES | _QUOTES | _DASHES)
_ACUTE = str.maketrans({"´": "'"})  # NFKC would make a space and a combining mark of it
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
# A run of Han characters, a number with its decimals, or a word of any other script.
_PIECES = re.compile(rf"[{HAN}]+|\d+\.\d+|[^\W_{HAN}]+")
_HAN = re.compile(rf"[{HAN}]")
# Without PyStemmer's own cache a stemmer holds no state between calls, so that threads may share it.
_stemmer = Stemmer.Stemmer("english", 0)


def normalise(text: str) -> str:
    """Small letters, half-width, straight quotes, currency signs as codes, single spaces."""
    text = unicodedata.normalize("NFKC", text.translate(_ACUTE)).casefold().translate(_SIGNS)
    return " ".join(_THOUSANDS.sub("", text).split())


def terms(text: str) -> list[str]:
    """What the text is about, in order: stems of words, numbers, and each Han character and pair of them."""
    found: list[str] = []
    for piece in _pieces(text):
        found += _characters(piece) if _HAN.match(piece) else [_stem(piece)]
    return found


def written(text: str, found: Container[str]) -> list[str]:
    """The words of the text whose terms are in `found`, in order; Chinese as the stretches that found pairs cover."""
    words: list[str] = []
    for piece in _pieces(text):
        if _HAN.match(piece):
            words += _stretches(piece, found)
        elif _stem(piece) in found:
            words.append(piece)
    return list(dict.fromkeys(words))


def is_chinese(text: str) -> bool:
    """Whether there is a Han character in the text."""
    return _HAN.search(text) is not None


def _pieces(text: str) -> list[str]:
    return _PIECES.findall(normalise(text).replace("'", ""))


def _stretches(run: str, found: Container[str]) -> list[str]:
    covered = [run[i : i + 2] in found or run[max(0, i - 1) : i + 1] in found for i in range(len(run))]
    return "".join(character if shown else " " for character, shown in zip(run, covered, strict=True)).split()


def _characters(run: str) -> list[str]:
    return [*run, *(run[i : i + 2] for i in range(len(run) - 1))]


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    return _stemmer.stemWord(word)


def _allowed(term: str) -> int:
    """How many letters may be wrong. Short words differ by one letter from too many others."""
    if not term.isalpha() or len(term) < 5:
        return 0
    return 1 if len(term) < 9 else 2


class Vocabulary:
    """Known terms with how often each occurs; the more frequent one wins where two are equally near."""

    def __init__(self, known: Mapping[str, int] | Iterable[str]) -> None:
        self._counts = dict(known) if isinstance(known, Mapping) else dict.fromkeys(known, 1)
        self._by_length: dict[int, list[str]] = {}
        self._corrected: dict[str, str] = {}

    def __contains__(self, term: str) -> bool:
        return term in self._counts

    def correct(self, term: str) -> str:
        """The known term that this one is a misspelling of, else the term itself; a known one is never changed."""
        if term in self._counts or not _allowed(term):
            return term
        if term not in self._corrected:
            if len(self._corrected) >= 10_000:  # whoever sends nonsense must not fill the memory
                self._corrected.clear()
            self._corrected[term] = self._nearest(term, _allowed(term))
        return self._corrected[term]

    def _nearest(self, term: str, allowed: int) -> str:
        near = [
            (int(distance), -self._counts[known], known)
            for length in range(len(term) - allowed, len(term) + allowed + 1)
            for known, distance, _ in process.extract(
                term, self._of_length(length), scorer=OSA.distance, score_cutoff=allowed, limit=None
            )
        ]
        return min(near)[2] if near else term

    def _of_length(self, length: int) -> list[str]:
        """Words of that length; sorted out once, when the first misspelt word comes."""
        if not self._by_length:
            for known in self._counts:
                self._by_length.setdefault(len(known), []).append(known)
        return self._by_length.get(length, [])
