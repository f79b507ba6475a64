"""The traditional engine: patterns, weighted keywords, retrieval by words, a threshold and a fallback."""

from inference.knowledge import KnowledgeBase
from inference.retrieval.index import Index
from inference.rules.engine import RulesEngine
from inference.rules.verdict import Verdict

__all__ = ["RulesEngine", "Verdict", "engine_of"]

_latest: tuple[KnowledgeBase, RulesEngine] | None = None


def engine_of(knowledge: KnowledgeBase) -> RulesEngine:
    """The engine for this knowledge base. To make one takes a fifth of a second: not for an event loop."""
    global _latest
    latest = _latest
    if latest is None or latest[0] is not knowledge:
        latest = _latest = knowledge, RulesEngine(knowledge, Index.of(knowledge))
    return latest[1]
