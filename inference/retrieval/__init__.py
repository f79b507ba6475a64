"""Finding the articles that a question is about, by words and, where installed, by meaning."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """`meaning`: "auto" (where its package is installed) or "off"; `cache`: a file of vectors for the next start."""

    meaning: str = "auto"
    cache: Path | None = None


_options = Options()


def configure(meaning: str = "auto", cache: Path | None = None) -> None:
    """How this process looks for articles from now on."""
    global _options
    _options = Options(meaning, cache)


def options() -> Options:
    """What `configure` was told last."""
    return _options
