"""One engine's answer to one question, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from inference.evaluating.form import Form, check
from inference.evaluating.questions import OUTSIDE, Question, key
from inference.knowledge import KnowledgeBase
from inference.types import Completion


class Outcome(StrEnum):
    """Every answer is one of these. Failed: an error instead of an answer."""

    RIGHT = "right"
    WRONG = "wrong"
    ABSTAINED = "abstained"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said, from which article, how sure, how fast, and how it reads.

    `candidate` is the article that an engine which abstained would have taken, if it tells. `published` is whether
    the text is that of the cited article, letter by letter; None when none is cited.
    """

    outcome: Outcome
    text: str = ""
    source: str = ""
    candidate: str = ""
    abstained: bool = False
    confidence: float | None = None
    answered_by: str = ""
    reason: str = ""
    explanation: Mapping[str, Any] = field(default_factory=dict)
    total_ms: float | None = None
    first_token_ms: float | None = None
    form: Form | None = None
    published: bool | None = None
    error: str = ""

    @property
    def answered(self) -> bool:
        """Whether the engine chose to answer."""
        return self.outcome is not Outcome.FAILED and not self.abstained


def judge(question: Question, completion: Completion) -> Outcome:
    """Right is the expected article as the first source; outside the business, to say that one does not know."""
    if completion.abstained:
        return Outcome.RIGHT if question.expected == OUTSIDE else Outcome.ABSTAINED
    cited = key(completion.sources[0]) if completion.sources else ""
    return Outcome.RIGHT if cited == question.expected else Outcome.WRONG


def answer(question: Question, text: str, ended: bool, completion: Completion, knowledge: KnowledgeBase) -> Answer:
    """The judged answer that a finished stream made."""
    source = completion.sources[0] if completion.sources else ""
    texts = {document.answer.strip() for document in knowledge.documents if document.slug == source}
    published = text.strip() in texts
    return Answer(
        outcome=judge(question, completion),
        text=text,
        source=source,
        candidate=source or _candidate(completion.explanation),
        abstained=completion.abstained,
        confidence=completion.confidence,
        answered_by=completion.answered_by,
        reason=completion.reason,
        explanation=completion.explanation,
        total_ms=completion.total_ms,
        first_token_ms=completion.first_token_ms,
        form=check(text, question.language, ended, published),
        published=published if source else None,
    )


def failed(error: Exception) -> Answer:
    """No answer but this error."""
    return Answer(Outcome.FAILED, error=getattr(error, "code", type(error).__name__))


def _candidate(explanation: Mapping[str, Any]) -> str:
    found = explanation.get("article")
    return found if isinstance(found, str) else ""
