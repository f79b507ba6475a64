"""The local backend with every piece of text replaced by the moment at which the engine made it.

For measuring the way from the engine to the browser while the engine does its real work.
"""

from __future__ import annotations

import dataclasses
import time
from typing import Any

from inference.backends.local import LocalBackend
from inference.engine.thread import Report


class ClockBackend(LocalBackend):
    """Yields Unix times in seconds, each followed by a space, instead of words."""

    def _load(self, report: Report) -> Any:
        engine = super()._load(report)
        step = engine.step
        engine.step = lambda: [_stamped(output) for output in step()]
        return engine


def _stamped(output: Any) -> Any:
    chunk = output.chunk
    text = f"{time.time():.4f} " if chunk.text else ""
    return dataclasses.replace(output, chunk=dataclasses.replace(chunk, text=text))
