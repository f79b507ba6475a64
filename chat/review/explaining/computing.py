"""Views computed for a reviewer: one at a time for each of them, a few for the site, none for longer than a while."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from asgiref.sync import async_to_sync
from django.core.cache import cache
from django.utils.translation import gettext as _

from chat.faults import log_fault
from inference import InferenceError
from inference.errors import BackendUnavailable, CheckpointError, InvalidRequest, Overloaded
from inference.explaining.explainer import Explainer

logger = logging.getLogger(__name__)
T = TypeVar("T")

LONGEST_S = 60
AT_ONCE = 4  # of one process; they are computed one after the other

_explainers: dict[str, Explainer] = {}
_running: set[int] = set()


class Failed(Exception):
    """What a reviewer reads in place of a panel; `busy`: it may be asked again soon."""

    def __init__(self, detail: str, busy: bool = False) -> None:
        super().__init__(detail)
        self.detail, self.busy = detail, busy


def explainer(checkpoint: str) -> Explainer:
    """The process's one for that checkpoint; it loads nothing before its first view."""
    return _explainers.setdefault(checkpoint, Explainer(checkpoint))


def compute(reviewer: int, work: Callable[[], Awaitable[T]]) -> T:
    """The result, or Failed with a sentence."""
    with _alone(reviewer):
        try:
            return async_to_sync(_bounded)(work)
        except Exception as error:
            raise Failed(_sentence(error), isinstance(error, Overloaded)) from error


async def _bounded(work: Callable[[], Awaitable[T]]) -> T:
    async with asyncio.timeout(LONGEST_S):
        return await work()


@contextmanager
def _alone(reviewer: int) -> Iterator[None]:
    """In all processes, by the cache; the entry goes by itself where a process dies."""
    key = f"review-explaining:{reviewer}"
    if not cache.add(key, True, LONGEST_S + 10):
        raise Failed(_("Another explanation of yours is being computed. Try again when it is there."), busy=True)
    try:
        if len(_running) >= AT_ONCE:
            raise Failed(_("Other reviewers are waiting for explanations. Try again in a moment."), busy=True)
        _running.add(reviewer)
        yield
    finally:
        _running.discard(reviewer)
        cache.delete(key)


def _sentence(error: Exception) -> str:
    if isinstance(error, Failed):
        return error.detail
    if isinstance(error, TimeoutError):
        return _("This took longer than a minute and was given up.")
    if isinstance(error, CheckpointError):
        return _("The checkpoint that gave this answer cannot be read here.")
    if isinstance(error, Overloaded):
        return _("The engine has too much to do. Try again in a moment.")
    if isinstance(error, BackendUnavailable):
        return _("The engine cannot be reached now.")
    if isinstance(error, InvalidRequest):
        return _("This answer cannot be run through the checkpoint again: it does not fit, or is not one of its own.")
    if not isinstance(error, InferenceError):
        log_fault(logger, "An explanation failed", error)
    return _("This could not be computed.")
