"""The traditional engine: patterns, weighted keywords, retrieval by words, a threshold and a fallback."""

from inference.rules.engine import RulesEngine
from inference.rules.verdict import Verdict

__all__ = ["RulesEngine", "Verdict"]
