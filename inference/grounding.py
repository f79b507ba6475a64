"""What an answer may say: judged by what the model cites, what is published and what retrieval found. Pure functions.

The model's own words go out when it cites a published article whose text it was taught, and is sure enough. An
article that it was never taught, or taught differently, is quoted as published. In any other case the answer says
that it does not know, with articles that may help and the way to a person. So nothing is ever invented.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from inference.knowledge import EMPTY, Document, KnowledgeBase, Teaching
from inference.prompting import SMALL_TALK
from inference.refusing import refusal
from inference.retrieval.index import Hit
from inference.retrieval.text import is_chinese
from inference.types import Citation, Decision

LEAD_FIT = 8  # with which 1 - (next score / best score) ** LEAD_FIT is about the measured share of right best hits
NEVER = -1e4  # the log probability of a source that must not be cited; finite, so that a weight of 0 leaves it out

# Why an answer is not in the model's own words, or is so without a citation.
ARTICLE_CHANGED, ARTICLE_UNKNOWN, ARTICLE_RETIRED = "article_changed", "article_unknown", "article_retired"
WRONG_LANGUAGE = "wrong_language"
UNSURE, NO_CITATION = "unsure", "no_citation"


@dataclass(frozen=True, slots=True)
class Limits:
    """From which confidence on something is done; each of them 0 to 1.

    `threshold`: an answer goes out, one value or one by language, and `threshold_by_words` the same where no embeddings
    could be made or a question came before this one, for then the model is less sure of everything;
    `threshold_seconded`: the same when another engine came to the same article; `talk`: it is small talk;
    `offer_above`: an article, of at most `offers`, is offered when the question seems to be outside of all of them;
    when only the choice between articles is in doubt, `offer_doubted` is enough, and retrieval's best fill up the rest,
    down to `offer_near` of its best score. An article that the checkpoint does not know is quoted when retrieval scores
    it at least `quote_above` and `quote_lead` times the next one. Measured (200 of the articles' own examples, 250
    English and 150 Chinese validation questions): a lead of 1.2 have 98% of the examples by words and 80% by meaning;
    of the questions that have it the best hit is right for 89% and 81% by words, 92% and 91% by meaning.
    """

    threshold: float | Mapping[str, float] = 0.5
    threshold_by_words: float | Mapping[str, float] | None = None
    threshold_seconded: float = 0.6
    quote_above: float = 0.1
    quote_lead: float = 1.2
    offer_above: float = 0.3
    offer_doubted: float = 0.05
    offer_near: float = 0.5
    talk: float = 0.6
    offers: int = 3
    article_url: str = "/help/{slug}/"

    def of(self, language: str, by_meaning: bool = True, seconded: bool = False) -> float:
        """The threshold for answers in that language."""
        alone = self._alone(language, by_meaning)
        return min(alone, self.threshold_seconded) if seconded else alone

    def _alone(self, language: str, by_meaning: bool) -> float:
        chosen = self.threshold if by_meaning or self.threshold_by_words is None else self.threshold_by_words
        return chosen if isinstance(chosen, int | float) else chosen.get(language, 0.5)


@dataclass(frozen=True, slots=True)
class Case:
    """A question with what is known about it. `seed` varies the wording of a refusal when the visitor asks again."""

    question: str
    language: str
    knowledge: KnowledgeBase
    teaching: Teaching = field(default_factory=Teaching)
    prior: Mapping[str, float] = field(default_factory=dict)
    hits: Sequence[Hit] = ()
    limits: Limits = field(default_factory=Limits)
    seed: int | None = None
    by_meaning: bool = True
    seconded: str = ""

    def published(self, slug: str) -> Document | None:
        """The published article in the visitor's language, or in one that there is."""
        return self.knowledge.document(slug, self.language)

    def source_prior(self) -> dict[str, float]:
        """Retrieval's probabilities, with none at all for articles that are not published any more."""
        published = {document.slug for document in self.knowledge.documents}
        known = self.teaching.slugs or frozenset()
        gone = {slug for slug in known - published if not slug.startswith("-")} if published else ()
        return {**self.prior, **dict.fromkeys(gone, NEVER)}


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be said: `text`, or the model's own words when it is None."""

    decision: Decision
    text: str | None = None


def untaught(case: Case) -> Plan | None:
    """Quote the best hit when it is an article that the checkpoint cannot name; None otherwise."""
    best = case.hits[0] if case.hits else None
    if best is None or case.teaching.can_name(best.slug) or best.score < case.limits.quote_above:
        return None
    behind = case.hits[1].score / best.score if len(case.hits) > 1 else 0.0
    document = case.published(best.slug)
    if document is None or behind * case.limits.quote_lead > 1:
        return None
    return _quote(case, document, ARTICLE_UNKNOWN, 1 - behind**LEAD_FIT, None)


def judge(case: Case, citation: Citation | None) -> Plan:
    """What may be said now that the model has named its source; None: it names none."""
    if citation is None:
        return Plan(Decision(reason=NO_CITATION, explanation=_explanation(case, None)))
    if case.knowledge is EMPTY or (citation.slug == SMALL_TALK and citation.confidence >= case.limits.talk):
        sources = () if citation.slug.startswith("-") else (citation.slug,)
        return Plan(_decision(case, citation, citation.confidence, sources=sources))
    return untaught(case) or _of_article(case, citation)


def in_another_language(case: Case, plan: Plan, beginning: str) -> Plan | None:
    """Quote the article when the model begins in Chinese what was asked in English; None when it does not.

    The other way round a beginning tells nothing: Chinese answers may begin with "PIN" or "SEPA".
    """
    document = case.published(plan.decision.sources[0]) if plan.decision.sources else None
    if document is None or case.language != document.language or case.language != "en" or not is_chinese(beginning):
        return None
    return Plan(replace(plan.decision, reason=WRONG_LANGUAGE), document.answer)


def _of_article(case: Case, citation: Citation) -> Plan:
    slug, confidence, document = _best_published(case, citation)
    if document is None or confidence < case.limits.of(case.language, case.by_meaning, slug == case.seconded):
        return _refuse(case, citation)
    if slug != citation.slug:
        return _quote(case, document, ARTICLE_RETIRED, confidence, citation)
    if not case.teaching.is_current(document):
        return _quote(case, document, ARTICLE_CHANGED, confidence, citation)
    return Plan(_decision(case, citation, confidence, sources=(slug,)))


def _best_published(case: Case, citation: Citation) -> tuple[str, float, Document | None]:
    """The cited article, or the next best one when that is a draft or retired. Outside the business there is none."""
    for slug, confidence in (
        (citation.slug, citation.confidence),
        (citation.runner_up, citation.runner_up_confidence),
    ):
        document = case.published(slug)
        if document is not None or slug.startswith("-"):
            return slug, confidence, document
    return "", 0.0, None


def _quote(case: Case, document: Document, reason: str, confidence: float, citation: Citation | None) -> Plan:
    return Plan(_decision(case, citation, confidence, reason, (document.slug,)), document.answer)


def _refuse(case: Case, citation: Citation) -> Plan:
    """Say that the answer is not known, with what may help and the way to a person."""
    offers = _offers(case, citation)
    facts = (case.question, case.language, offers, case.limits.article_url, case.seed)
    explanation = {**_explanation(case, citation), "offered": [offer.slug for offer in offers]}
    decision = Decision(reason=UNSURE, confidence=citation.confidence, abstained=True, explanation=explanation)
    return Plan(decision, refusal(case.knowledge, *facts))


def _offers(case: Case, citation: Citation) -> list[Document]:
    """The likeliest published articles: those that the model thought of, then those that retrieval found."""
    outside, limits = citation.slug.startswith("-"), case.limits
    best = case.hits[0].score if case.hits else 0.0
    least, near = (limits.offer_above,) * 2 if outside else (limits.offer_doubted, limits.offer_near * best)
    thought = [(citation.slug, citation.confidence), (citation.runner_up, citation.runner_up_confidence)]
    slugs = dict.fromkeys(
        [slug for slug, score in thought if score >= least] + [hit.slug for hit in case.hits if hit.score >= near]
    )
    found = [document for slug in slugs if (document := case.published(slug))]
    return found[: case.limits.offers]


def _decision(
    case: Case, citation: Citation | None, confidence: float, reason: str = "", sources: Iterable[str] = ()
) -> Decision:
    return Decision("", reason, confidence, tuple(sources), explanation=_explanation(case, citation))


def _explanation(case: Case, citation: Citation | None) -> dict[str, Any]:
    found = [{"article": hit.slug, "score": round(hit.score, 4), "matched": list(hit.matched)} for hit in case.hits]
    if citation is None:
        return {"retrieval": found}
    cited = {"article": citation.slug, "confidence": round(citation.confidence, 4)}
    if citation.runner_up:
        runner_up = {"article": citation.runner_up, "confidence": round(citation.runner_up_confidence, 4)}
        return {"retrieval": found, "citation": {**cited, "runner_up": runner_up}}
    return {"retrieval": found, "citation": cited}
