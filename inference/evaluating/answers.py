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

    `candidate` is the article that the answer is from or, after abstaining, would have been from if the engine tells,
    and `sureness` how sure it was of that. `published` is whether the text is that of the cited article, letter by
    letter; None when none is cited.
    """

    outcome: Outcome
    text: str = ""
    source: str = ""
    candidate: str = ""
    sureness: float | None = None
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
    candidate, sureness = (source, completion.confidence) if not completion.abstained else _candidate(completion)
    return Answer(
        outcome=judge(question, completion),
        text=text,
        source=source,
        candidate=candidate,
        sureness=sureness,
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


def rules_part(explanation: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the rules say of themselves, also where a router asked them."""
    return explanation if "kind" in explanation else explanation.get("rules") or {}


def _candidate(completion: Completion) -> tuple[str, float | None]:
    """The likeliest article, by the model where it named one, else by the rules."""
    cited = completion.explanation.get("citation") or {}
    for named in (cited, cited.get("runner_up") or {}):
        if named.get("article") and not named["article"].startswith("-"):
            return named["article"], named.get("confidence")
    article = rules_part(completion.explanation).get("article") or ""
    return ("", None) if cited or article[:1] in ("", "-") else (article, completion.confidence)
