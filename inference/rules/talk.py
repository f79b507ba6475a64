"""Small talk and the wish for a person: patterns, known phrases, and phrases that are like them."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from inference.knowledge import Topic as TalkTopic
from inference.rules.verdict import Topic
from inference.rules.words import phrases, units

LONGEST = 2  # words compared at once


class SmallTalk:
    """The topics of small talk, ready to be found."""

    def __init__(self, topics: Iterable[TalkTopic]) -> None:
        topics = list(topics)
        self._patterns = [(topic.key, pattern) for topic in topics for pattern in topic.patterns]
        texts = [(topic.key, text) for topic in topics for texts in topic.questions.values() for text in texts]
        self._sizes = [(key, len(_phrases(text))) for key, text in texts]
        self._places: dict[str, list[int]] = {}  # the texts by the phrases in them
        for place, (_, text) in enumerate(texts):
            for phrase in _phrases(text):
                self._places.setdefault(phrase, []).append(place)

    def topic(self, text: str, words: Sequence[str]) -> Topic:
        """The topic that a question with these units is like most."""
        for key, pattern in self._patterns:
            if re.search(pattern, text, re.IGNORECASE):
                return Topic(key, 1.0, pattern)
        own = phrases(words, LONGEST)
        shared = Counter(place for phrase in own for place in self._places.get(phrase, ()))
        likeness = {place: n / math.sqrt(len(own) * self._sizes[place][1]) for place, n in shared.items()}
        best = max(likeness, key=lambda place: likeness[place], default=None)
        return Topic() if best is None else Topic(self._sizes[best][0], likeness[best])


@lru_cache(maxsize=4096)
def _phrases(text: str) -> frozenset[str]:
    return frozenset(phrases(units(text), LONGEST))
