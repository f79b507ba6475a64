"""The traditional engine. No neural network, no embeddings.

Everything is on one scale, that of the keywords. What retrieval finds is added to it, and an article answers when it
comes out above what speaks for a question from outside or for small talk: that is the threshold, and it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from inference.knowledge import Document, KnowledgeBase, Rule
from inference.prompting import OUT_OF_SCOPE, SMALL_TALK
from inference.retrieval.index import Hit, Index
from inference.retrieval.text import is_chinese, normalise
from inference.rules.calibration import (
    ALONE,
    CONTEXT,
    CONTEXT_OF_LONG,
    EXACT,
    FEW,
    HEAD_START,
    RETRIEVAL,
    SHORT,
)
from inference.rules.deciding import verdict_of
from inference.rules.keywords import NOTHING, Keywords, Score
from inference.rules.talk import SmallTalk
from inference.rules.verdict import Candidate, Evidence, Verdict
from inference.rules.words import phrases, units

MATCHED_CHARS = 500  # of a question that patterns look at
MOST_CHARS = 2000  # of a question that is read at all
HITS = 10


class RulesEngine:
    """Decides about questions, for one knowledge base; nothing in it changes."""

    def __init__(self, knowledge: KnowledgeBase, index: Index) -> None:
        self._documents = {(document.slug, document.language): document for document in knowledge.documents}
        published = {document.slug for document in knowledge.documents} | {OUT_OF_SCOPE, SMALL_TALK}
        rules = [rule for rule in knowledge.rules if rule.slug in published]
        self._keywords = Keywords(rules)
        self._patterns = _compiled(rules)
        self._index = index
        self._talk = SmallTalk(knowledge.talk)

    def decide(self, text: str, language: str = "", earlier: Sequence[str] = ()) -> Verdict:
        """The answer to a question; `earlier` are the visitor's questions before it, oldest first."""
        found = self.examine(text, language)
        verdict = verdict_of(found)
        if verdict.sure or not earlier or not found.words:
            return verdict
        before = self.decide(earlier[-1], language, earlier[:-1])
        if before.slug.startswith("-") or (verdict.slug == SMALL_TALK and found.topic.likeness == 1.0):
            return verdict
        return verdict_of(_in_context(found, before.slug))

    def keyword_scores(self, text: str) -> dict[str, float]:
        """What the keywords alone say, by slug, "-oos" and "-talk" with their head start; empty if none was learned."""
        if not self._keywords.count[OUT_OF_SCOPE]:
            return {}
        scores = self._keywords.scores(self._keywords.corrected(units(normalise(text[:MOST_CHARS]))))
        begin = {slug: 0.0 for slug, _ in self._documents} | {OUT_OF_SCOPE: HEAD_START, SMALL_TALK: HEAD_START}
        return {slug: start + scores.get(slug, NOTHING).total for slug, start in begin.items()}

    def examine(self, text: str, language: str = "") -> Evidence:
        """Everything that speaks for any answer."""
        language = language or ("zh-hans" if is_chinese(text) else "en")
        text = normalise(text[:MOST_CHARS])
        words = self._keywords.corrected(units(text))
        scores = self._keywords.scores(words)
        outside, talk = (scores.pop(slug, NOTHING) for slug in (OUT_OF_SCOPE, SMALL_TALK))
        hits = {hit.slug: hit for hit in self._index.search(text, language, HITS, by_meaning=False)}
        fired = tuple((slug, p.pattern) for slug, p in self._patterns if p.search(text[:MATCHED_CHARS]))
        slugs = dict.fromkeys([*scores, *hits, *(slug for slug, _ in fired)])
        candidates = [self._candidate(slug, text, scores, hits, (outside, talk)) for slug in slugs]
        topic = self._talk.topic(text[:MATCHED_CHARS], words)
        return Evidence(text, language, tuple(words), fired, topic, _ranked(candidates), outside, talk)

    def _candidate(
        self, slug: str, text: str, scores: dict[str, Score], hits: dict[str, Hit], against: tuple[Score, Score]
    ) -> Candidate:
        keywords, hit = scores.get(slug, NOTHING), hits.get(slug)
        document = self._documents.get((slug, hit.language)) if hit else None
        if hit is None or document is None:
            return Candidate(slug, HEAD_START + max(score.total for score in against), keywords)
        alone = self._keywords.count[slug] < FEW
        weight = ALONE[hit.language] if alone else RETRIEVAL
        exact = EXACT if text in _asked(document) else 0.0
        # What a new article asks about is not outside any more, whatever was learned before it was there.
        own = _phrases(document) if alone else frozenset()
        threshold = HEAD_START + max(_without(score, own) for score in against)
        return Candidate(slug, threshold, keywords, hit, weight * hit.score, exact)


def _without(score: Score, own: frozenset[str]) -> float:
    """The score without what the article's own words add to it."""
    if not own:
        return score.total
    return score.total - sum(match.share for match in score.found() if match.share > 0 and match.key in own)


def _in_context(found: Evidence, slug: str) -> Evidence:
    """The evidence with the article of the question before in mind."""
    known = {candidate.slug: candidate for candidate in found.candidates}
    threshold = HEAD_START + max(found.outside.total, found.talk.total)
    context = CONTEXT if len(found.words) <= SHORT else CONTEXT_OF_LONG
    candidate = replace(known.get(slug, Candidate(slug, threshold)), context=context)
    return replace(found, candidates=_ranked((known | {slug: candidate}).values()), context=slug)


def _ranked(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    return tuple(sorted(candidates, key=lambda candidate: (-candidate.above, candidate.slug)))


@lru_cache(maxsize=4096)
def _asked(document: Document) -> frozenset[str]:
    return frozenset(normalise(text) for text in (document.question, *document.examples))


@lru_cache(maxsize=4096)
def _phrases(document: Document) -> frozenset[str]:
    texts = (document.question, *document.examples)
    return frozenset(phrase for text in texts for phrase in phrases(units(text), 2))


def _compiled(rules: Sequence[Rule]) -> list[tuple[str, re.Pattern[str]]]:
    found = []
    for rule in rules:
        for pattern in rule.patterns:
            try:
                found.append((rule.slug, re.compile(pattern, re.IGNORECASE)))
            except (re.error, RecursionError, OverflowError):  # a keeper that checks what it stores has none of these
                continue
    return found
