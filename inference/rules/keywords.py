"""Weighted keywords: which words of a question speak for which article, and how strongly.

An article's score is the sum of the weights of its keywords in the question, divided by the square root of how
many of the question's words and pairs are a keyword of anything: without that, long questions would score higher.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from inference.knowledge import Keyword, Rule
from inference.retrieval.text import Vocabulary
from inference.rules.words import key, phrases

MOST_UNITS = 8  # of a keyword; longer ones can never be found


@dataclass(frozen=True, slots=True)
class Found:
    """A keyword in a question, as it is written down and compared. `share` is what it adds to the article's score."""

    text: str
    key: str
    weight: float
    share: float


@dataclass(frozen=True, slots=True)
class Score:
    """What a question's words say about one article: (key, keyword) of each that was found, and their divisor."""

    total: float = 0.0
    entries: tuple[tuple[str, Keyword], ...] = ()
    divisor: float = 1.0

    def found(self) -> list[Found]:
        """The keywords, the one that says most first."""
        found = [Found(word.text, key, word.weight, word.weight / self.divisor) for key, word in self.entries]
        return sorted(found, key=lambda one: (-abs(one.share), one.text))


NOTHING = Score()


class Keywords:
    """The keywords of all rules, by the phrase that has to occur."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._by_key: dict[str, list[tuple[str, Keyword]]] = {}
        self.count: Counter[str] = Counter()  # keywords by slug
        for rule in rules:
            self.count[rule.slug] += len(rule.keywords)
            for keyword in rule.keywords:
                self._by_key.setdefault(key(keyword.text), []).append((rule.slug, keyword))
        self._by_key.pop("", None)
        self._longest = min(MOST_UNITS, max((1 + known.count(" ") for known in self._by_key), default=1))
        self._vocabulary = Vocabulary(Counter(word for known in self._by_key for word in known.split(" ")))

    def corrected(self, parts: Sequence[str]) -> list[str]:
        """The units with misspelt words put right, as far as they are words of a keyword."""
        return [self._vocabulary.correct(part) for part in parts]

    def scores(self, parts: Sequence[str]) -> dict[str, Score]:
        """By slug; an article that nothing speaks for or against is not among them."""
        known = [phrase for phrase in phrases(parts, self._longest) if phrase in self._by_key]
        divisor = math.sqrt(max(1, len(known)))
        entries: dict[str, list[tuple[str, Keyword]]] = {}
        for phrase in known:
            for slug, keyword in self._by_key[phrase]:
                entries.setdefault(slug, []).append((phrase, keyword))
        return {
            slug: Score(sum(keyword.weight for _, keyword in found) / divisor, tuple(found), divisor)
            for slug, found in entries.items()
        }
