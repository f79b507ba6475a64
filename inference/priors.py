"""What retrieval said about the sources of an answer, small enough to be noted with it and true to what it did.

A model mixes the prior into its choice of a source, so without it that choice cannot be drawn again.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

NEAR = 12.0  # nats below the best: what is further away has a share of 1 in 160,000 at most
DECIMALS = 3
MOST = 200  # sources


def noted(prior: Mapping[str, float], sources: Collection[str] | None) -> dict[str, float]:
    """The prior as it is stored, best first. `sources` are those that the model can name, None where nobody knows.

    A constant added to all of them changes nothing. So where the prior covers all, its shares are made to sum to 1 and
    the smallest are left out: a model gives sources that are not mentioned what the others leave.
    """
    if not prior:
        return {}
    best = max(prior.values())
    covered = sources is not None and set(sources) <= set(prior)
    whole = best + math.log(sum(math.exp(value - best) for value in prior.values())) if covered else 0.0
    kept = {slug: value - whole for slug, value in prior.items() if not covered or value >= best - NEAR}
    ranked = sorted(kept, key=lambda slug: (-kept[slug], slug))[:MOST]
    return {slug: round(kept[slug], DECIMALS) for slug in ranked}


def recalled(explanation: object) -> dict[str, float]:
    """The prior of a stored explanation, which is anybody's JSON; empty where none was noted."""
    told = explanation.get("prior") if isinstance(explanation, dict) else None
    if not isinstance(told, dict):
        return {}
    return {str(slug): float(value) for slug, value in told.items() if type(value) in (int, float)}
