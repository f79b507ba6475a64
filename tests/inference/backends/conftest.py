"""A knowledge base behind the backends, and a scripted model beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings

import inference
from inference import knowledge
from inference.knowledge import KnowledgeBase
from tests.inference.knowing import BASE, TAUGHT
from tests.scripted import ScriptedBackend

Publish = Callable[[KnowledgeBase], None]


@pytest.fixture
def publish(monkeypatch: pytest.MonkeyPatch) -> Publish:
    """Makes a knowledge base the one that backends see."""

    def connect(base: KnowledgeBase) -> None:
        async def source() -> KnowledgeBase:
            return base

        monkeypatch.setattr(knowledge, "_source", source)

    connect(BASE)
    return connect


@pytest.fixture
def model(publish: Publish) -> Iterator[ScriptedBackend]:
    """The scripted model that the composites ask, and the names by which they are configured."""
    inference.configure(
        {
            "checkpoint": {"BACKEND": "tests.scripted.ScriptedBackend"},
            "gpt2": {"BACKEND": "inference.backends.grounded.GroundedBackend"},
            "rules": {"BACKEND": "inference.backends.rules.RulesBackend"},
            "router": {"BACKEND": "inference.backends.router.RouterBackend"},
            "default": "router",
        }
    )
    scripted = inference.get_backend("checkpoint")
    assert isinstance(scripted, ScriptedBackend)
    scripted.teaching = TAUGHT
    yield scripted
    inference.configure(settings.INFERENCE)
