"""What the rules decide, and everything that they decide by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from inference.retrieval.index import Hit
from inference.rules.keywords import NOTHING, Score


@dataclass(frozen=True, slots=True)
class Verdict:
    """What answers: an article's slug, "-talk" (about `topic`), or "-oos".

    `confidence` is the probability that it is right, and `sure` that it is high enough to ask nobody else. `offers`
    are the closest articles where none answers.
    """

    slug: str
    confidence: float
    sure: bool
    topic: str = ""
    offers: tuple[str, ...] = ()
    explanation: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An article with all that speaks for it; `found`, `exact` and `context` are shares of its score."""

    slug: str
    threshold: float
    keywords: Score = NOTHING
    hit: Hit | None = None
    found: float = 0.0
    exact: float = 0.0
    context: float = 0.0

    @property
    def score(self) -> float:
        """Everything that speaks for it."""
        return self.keywords.total + self.found + self.exact + self.context

    @property
    def above(self) -> float:
        """How far it is above the threshold."""
        return self.score - self.threshold


@dataclass(frozen=True, slots=True)
class Topic:
    """The topic of small talk that a question is like; `likeness` 1 says that it is one of its phrases."""

    key: str = ""
    likeness: float = 0.0
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A question with everything that was found in it. `candidates` come best first."""

    text: str
    language: str
    words: tuple[str, ...]
    fired: tuple[tuple[str, str], ...]  # (slug, pattern)
    topic: Topic
    candidates: tuple[Candidate, ...]
    outside: Score
    talk: Score
    context: str = ""  # the article of the question before, where it was taken into account
