"""Hands the published articles to the backends, and sees an edit of any process within a second.

The version is one row, asked at most every half second; the articles are read anew, away from the event
loop, when it has changed. A site on which there never was an article answers from the sample business,
so that the terminal chat and `evaluate` work on a fresh checkout.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from django.db import DatabaseError, connection

from chat.knowledge.drafts import of_sample
from chat.knowledge.models import KnowledgeVersion
from chat.knowledge.queries import PublishedReader, knowledge_version
from chat.knowledge.sample_data import load_articles, load_keywords, load_refusals, load_topics
from chat.offloop import off_loop
from inference.knowledge import KnowledgeBase, Rule

ASK_EVERY_S = 0.5
SAMPLE = "sample"


class ArticleSource:
    """The knowledge base of this process: the same object until something published changes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._reader = PublishedReader()
        self._knowledge: KnowledgeBase | None = None
        self._ask_at = 0.0
        self._looking: asyncio.Task[KnowledgeBase] | None = None

    async def __call__(self) -> KnowledgeBase:
        """The knowledge base; everybody who asks while one looks waits for that look."""
        if self._knowledge is not None and self._clock() < self._ask_at:
            return self._knowledge
        if self._looking is None or self._looking.done() or self._looking.get_loop() is not asyncio.get_running_loop():
            self._looking = asyncio.create_task(self._look())
        return await asyncio.shield(self._looking)

    def forget(self) -> None:
        """Look again at the next question."""
        self._ask_at = 0.0

    async def _look(self) -> KnowledgeBase:
        asked_at = self._clock()
        self._knowledge = await off_loop(_newer, self._reader, self._knowledge)
        self._ask_at = asked_at + ASK_EVERY_S
        return self._knowledge


def _newer(reader: PublishedReader, known: KnowledgeBase | None) -> KnowledgeBase:
    """What is published now; the same object when that is what is known."""
    version = _version()
    if known is not None and known.version == version:
        return known
    articles = sample_knowledge() if version == SAMPLE else reader.read()
    return _with_words(articles)


def _with_words(articles: KnowledgeBase) -> KnowledgeBase:
    """With what is said beside the articles, and with the words that speak against any of them."""
    refusals, doubts = load_refusals()
    general = tuple(Rule(slug, words) for slug, words in load_keywords().items() if slug.startswith("-"))
    return replace(articles, rules=(*articles.rules, *general), refusals=refusals, doubts=doubts, talk=load_topics())


def sample_knowledge() -> KnowledgeBase:
    """The sample articles as they stand in the repository."""
    drafts = [of_sample(sample) for sample in load_articles()]
    documents = tuple(document for draft in drafts for document in draft.documents())
    return KnowledgeBase(SAMPLE, documents, tuple(rule for draft in drafts if (rule := draft.rule())))


def _version() -> str:
    """The stored version, or that of the sample: nothing was ever stored, or there are no tables yet."""
    try:
        return knowledge_version() or SAMPLE
    except DatabaseError:
        if KnowledgeVersion._meta.db_table in connection.introspection.table_names():
            raise
        return SAMPLE


source = ArticleSource()
