"""What retrieval says about where the answer to a question is: probabilities of sources, and the hits behind them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from inference.knowledge import KnowledgeBase
from inference.retrieval.index import Hit, current_index

HITS = 5
# Not articles, so retrieval knows nothing about them: as likely as its best article.
UNSEEN = ("-oos", "-talk")


async def evidence(text: str, language: str, knowledge: KnowledgeBase) -> tuple[dict[str, float], list[Hit]]:
    """(natural log probability by slug, hits best first) for one question; both empty when nothing was found."""
    index = await current_index(knowledge)
    hits = await index.search_off_loop(text, language, HITS)
    return source_prior(hits), hits


def source_prior(hits: Sequence[Hit]) -> dict[str, float]:
    """The scores as shares; what the best one lacks to 1 is left for everything that was not found."""
    if not hits:
        return {}
    best = max(hit.score for hit in hits)
    scores = {hit.slug: hit.score for hit in hits} | dict.fromkeys(UNSEEN, best)
    whole = sum(scores.values()) + 1 - best
    return {slug: math.log(score / whole) for slug, score in scores.items()}
