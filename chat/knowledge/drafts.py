"""What an editor or a file says about an article, before it is stored as a revision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chat.enums import Language
from chat.knowledge.sample_data import SampleArticle
from inference.knowledge import Document, Keyword, Rule


@dataclass(frozen=True, slots=True)
class TextDraft:
    """One language of an article."""

    question: str
    answer: str
    example_questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ArticleDraft:
    """Everything that a revision holds. `slug` is of use only for an article that is new."""

    slug: str
    texts: Mapping[Language, TextDraft] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    keywords: tuple[Keyword, ...] = ()
    patterns: tuple[str, ...] = ()

    def documents(self, revision: int = 0) -> list[Document]:
        """As the backends see it."""
        return [
            Document(self.slug, str(language), text.question, text.answer, text.example_questions, self.tags, revision)
            for language, text in sorted(self.texts.items())
        ]

    def rule(self) -> Rule | None:
        """What the rules know of it; None for nothing."""
        return Rule(self.slug, self.keywords, self.patterns) if self.keywords or self.patterns else None


def of_sample(sample: SampleArticle) -> ArticleDraft:
    """A sample article; the first of its wordings is the published one."""
    texts = {language: TextDraft(text.title, text.answers[0], text.examples) for language, text in sample.texts.items()}
    return ArticleDraft(sample.slug, texts, sample.tags, sample.keywords, sample.patterns)
