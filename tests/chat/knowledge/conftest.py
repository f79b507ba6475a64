"""What tests of the help pages share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from asgiref.sync import sync_to_async

from chat.knowledge.queries import published_knowledge
from chat.knowledge.source import source
from inference import knowledge
from inference.knowledge import KnowledgeBase


@pytest.fixture
def seen_at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is found is what this test's transaction has published: no thread reads it, and no half second passes."""

    async def here() -> KnowledgeBase:
        return await sync_to_async(published_knowledge)()

    knowledge.connect(here)
    # How telling a word is depends a little on articles that an index has seen before.
    monkeypatch.setattr("inference.retrieval.index._default", None)
    yield
    knowledge.connect(source)
