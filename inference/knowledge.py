"""The help articles as the backends see them: frozen documents, handed in by whoever keeps them.

The keeper connects a source once (`connect`); backends ask it for every request (`current`), so that an
edit reaches the next answer. Derived things (an index, compiled rules) belong to whoever derives them and
are kept as long as the knowledge base is the same object: see `Derived`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Policy(StrEnum):
    """Who answers a visitor: the rules, the model, or the rules when they are sure and else the model."""

    RULES = "rules"
    MODEL = "model"
    RULES_WHEN_SURE = "rules_when_sure"


@dataclass(frozen=True, slots=True)
class Document:
    """One language of a published article. `examples` are questions that it answers."""

    slug: str
    language: str  # "en" or "zh-hans"
    question: str
    answer: str
    examples: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Keyword:
    """A word or phrase that speaks for an article (against it when `weight` is negative)."""

    text: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Rule:
    """What an editor wrote down for an article: weighted keywords and regular expressions, in any language."""

    slug: str
    keywords: tuple[Keyword, ...] = ()
    patterns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of small talk ("greeting", "human_agent"): by language, what people say and what they are told."""

    key: str
    questions: Mapping[str, tuple[str, ...]]
    answers: Mapping[str, tuple[str, ...]]
    patterns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class KnowledgeBase:
    """Everything published, as of one moment. `policies` holds the articles whose policy is not the deployment's.

    `refusals` are, by language, the wordings of "I do not know that", each with the way to a person. `talk` is what
    can be said without an article; a rule for "-talk" or "-oos" holds the words that speak for either.
    """

    version: str = ""
    documents: tuple[Document, ...] = ()
    rules: tuple[Rule, ...] = ()
    policies: Mapping[str, Policy] = field(default_factory=dict)
    refusals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    doubts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    talk: tuple[Topic, ...] = ()

    def document(self, slug: str, language: str) -> Document | None:
        """The article in that language, else in any that it has, else None."""
        found = [document for document in self.documents if document.slug == slug]
        return next((d for d in found if d.language == language), found[0] if found else None)


@dataclass(frozen=True, slots=True)
class Teaching:
    """What a checkpoint was taught: which sources it can name, and the hash of each article's answer by language.

    None is what nobody noted down, and is trusted.
    """

    slugs: frozenset[str] | None = None
    answers: Mapping[str, Mapping[str, str]] | None = None

    def can_name(self, slug: str) -> bool:
        """Whether the checkpoint has a token for the article."""
        return self.slugs is None or slug in self.slugs

    def is_current(self, document: Document) -> bool:
        """Whether what is published is what the checkpoint was taught."""
        if self.answers is None:
            return True
        return self.answers.get(document.slug, {}).get(document.language) == answer_sha256(document.answer)


def answer_sha256(answer: str) -> str:
    """The hash under which a checkpoint notes the answer that it was taught."""
    return hashlib.sha256(answer.encode()).hexdigest()


EMPTY = KnowledgeBase()
Source = Callable[[], Awaitable[KnowledgeBase]]


async def _nothing() -> KnowledgeBase:
    return EMPTY


_source: Source = _nothing


def connect(source: Source) -> None:
    """Take the articles from `source`, which must be quick when nothing has changed."""
    global _source
    _source = source


async def current() -> KnowledgeBase:
    """The knowledge base of this moment; the same object as long as nothing has changed."""
    return await _source()


class Derived(Generic[T]):
    """Something made from a knowledge base and made anew only when that is another one."""

    def __init__(self, make: Callable[[KnowledgeBase], T]) -> None:
        self._make = make
        self._of: KnowledgeBase | None = None
        self._value: T | None = None

    def of(self, knowledge: KnowledgeBase) -> T:
        """The value for this knowledge base."""
        if self._of is not knowledge or self._value is None:
            self._value, self._of = self._make(knowledge), knowledge
        return self._value
