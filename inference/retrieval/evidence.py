"""What retrieval says about where the answer to a question is: probabilities of sources, and the hits behind them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from inference.engine.thread import off_loop
from inference.knowledge import KnowledgeBase
from inference.retrieval import options
from inference.retrieval.index import Hit, current_index
from inference.retrieval.meaning import load
from inference.topics import Topics

HITS = 5
# Not articles, so retrieval knows nothing about them: as likely as its best article.
UNSEEN = ("-oos", "-talk")


async def evidence(
    text: str, language: str, knowledge: KnowledgeBase, topics: Topics | None = None, before: str = ""
) -> tuple[dict[str, float], list[Hit]]:
    """(natural log probability by slug, hits best first) for one question; both empty when nothing was found.

    `topics` is what was learned with the checkpoint and takes the place of the hits' scores where embeddings can be
    made; it reads the question `before` this one too.
    """
    index = await current_index(knowledge)
    hits = await index.search_off_loop(text, language, HITS)
    learned = await off_loop(_learned, text, topics, before) if topics is not None else {}
    return learned or source_prior(hits), hits


def _learned(text: str, topics: Topics, before: str) -> dict[str, float]:
    model = load() if options().meaning == "auto" and text.strip() else None
    if model is None:
        return {}
    return topics.prior(model.embed([text])[0], model.embed([before])[0] if before.strip() else None)


def source_prior(hits: Sequence[Hit]) -> dict[str, float]:
    """The scores as shares; what the best one lacks to 1 is left for everything that was not found."""
    if not hits:
        return {}
    best = max(hit.score for hit in hits)
    scores = {hit.slug: hit.score for hit in hits} | dict.fromkeys(UNSEEN, best)
    whole = sum(scores.values()) + 1 - best
    return {slug: math.log(score / whole) for slug, score in scores.items()}
