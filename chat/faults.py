"""Logging of what should not have happened: where, and which class of error, but not its message.

A message may quote what a visitor wrote; a place in the code cannot.
"""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

from chat import metrics


def log_fault(logger: logging.Logger, what: str, error: BaseException) -> None:
    """One line: what failed, the error's class, and the way to it, innermost last; and one more in the figures."""
    metrics.count_error(error)
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    way = " > ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    logger.error("%s: %s at %s", what, type(error).__name__, way)
