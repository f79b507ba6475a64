"""How long a word takes from the engine to the visitor while the engine does its real work.

The server runs with chatsite.benchmark_settings, whose backend answers with the times at which the
engine made each piece; a piece's delay is the time when it came through the socket less that time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chat.load.servers import Server, serving
from chat.load.visitors import Visitor
from chat.load.web import follow

SETTINGS = "chatsite.benchmark_settings"
ANSWER_S = 120
QUESTION = "My card has not arrived yet, what can I do?"


@dataclass(frozen=True, slots=True)
class Delivery:
    """Milliseconds from the engine's step to the socket's end, over all pieces of all streams."""

    streams: int
    pieces: int
    ms_p50: float
    ms_p95: float
    first_word_ms_p95: float


def measure(streams: int) -> Delivery:
    """Ask from `streams` visitors at once. Needs the package psutil (extra `test`)."""
    with serving(SETTINGS) as server:
        _ask_all(server, 1)  # the model is loaded when this is answered
        found = _ask_all(server, streams)
    return Delivery(streams, found["words"], found["late_ms_p50"], found["late_ms_p95"], found["first_word_ms_p95"])


def _ask_all(server: Server, streams: int) -> dict[str, Any]:
    tabs = [Visitor(server.origin).tab() for _number in range(streams)]
    plan = {"streams": tabs, "idle": [], "question": QUESTION, "lasts_s": 0, "patience_s": ANSWER_S, "whole": True}
    found = follow(plan, [server], lambda _what: None)
    if found["failures"]:
        raise RuntimeError(f"Replies of the benchmark failed: {found['failures']}.")
    return found
