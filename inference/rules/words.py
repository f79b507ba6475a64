"""Questions and keywords in one form: runs of word stems and Chinese characters."""

from __future__ import annotations

from collections.abc import Sequence

from inference.retrieval.text import is_chinese, terms


def units(text: str) -> list[str]:
    """Word stems and single Chinese characters, in order."""
    return [term for term in terms(text) if len(term) == 1 or not is_chinese(term)]


def key(text: str) -> str:
    """A keyword as it is compared: "Topping up" and "top-up" are the same."""
    return " ".join(units(text))


def phrases(parts: Sequence[str], longest: int) -> list[str]:
    """Every run of one to `longest` units, each once, in order."""
    starts = range(len(parts))
    runs = (" ".join(parts[i : i + n]) for n in range(1, longest + 1) for i in starts if i + n <= len(parts))
    return list(dict.fromkeys(runs))
