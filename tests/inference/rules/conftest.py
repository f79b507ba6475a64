"""A small business with rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from inference.knowledge import KnowledgeBase, Topic
from inference.retrieval import Options
from inference.retrieval.index import Library
from inference.rules import RulesEngine
from tests.inference.knowing import BASE

PERSON = Topic(
    "human_agent",
    {"en": ("I want to talk to a person",), "zh-hans": ("转人工",)},
    {"en": ("Open **Help**.",), "zh-hans": ("请到**帮助**。",)},
    (r"\breal person\b",),
)
GREETING = Topic(
    "greeting", {"en": ("hello", "good morning"), "zh-hans": ("你好",)}, {"en": ("Hello!",), "zh-hans": ("您好！",)}
)
KNOWN = replace(BASE, talk=(PERSON, GREETING))

Make = Callable[..., RulesEngine]


@pytest.fixture
def make() -> Make:
    """Makes an engine for the small business, with changes."""

    def engine(**changes: object) -> RulesEngine:
        base: KnowledgeBase = replace(KNOWN, **changes)  # type: ignore[arg-type]
        return RulesEngine(base, Library(Options("off")).index(base))

    return engine
