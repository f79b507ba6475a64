"""The protocol's log probabilities as ours."""

from __future__ import annotations

import math
from typing import Any

from inference.types import TokenLogprob

LEAST = -9999.0  # what the protocol has for minus infinity


def token_logprobs(told: Any) -> tuple[TokenLogprob, ...]:
    """Those of one piece of text; empty when the server gives none."""
    return tuple(_token(item, top=True) for item in (told.content if told is not None else None) or ())


def _token(item: Any, top: bool = False) -> TokenLogprob:
    value = float(item.logprob)
    data = bytes(item.bytes) if item.bytes is not None else item.token.encode()
    others = tuple(_token(other) for other in item.top_logprobs or ()) if top else ()
    return TokenLogprob(item.token, value if math.isfinite(value) else LEAST, data, others)
