"""All views of one checkpoint by name. Imports torch: for the thread that computes, never for a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from inference.backends.local import ONE_THREAD_BELOW
from inference.checkpoints import resolve
from inference.explaining.belief import belief
from inference.explaining.layers import attention, lens
from inference.explaining.leaving import leave_one_out
from inference.explaining.prompt import prompt
from inference.explaining.reading import Reading, read
from inference.explaining.saliency import saliency
from inference.explaining.subject import Subject
from inference.explaining.tokens import tokens

__all__ = ["PANELS", "Reading", "Subject", "load", "modestly", "read"]

# Each takes the subject, the reading and its own arguments.
PANELS: dict[str, Callable[..., Any]] = {
    "prompt": prompt,
    "tokens": tokens,
    "belief": belief,
    "leave_one_out": leave_one_out,
    "saliency": saliency,
    "attention": attention,
    "lens": lens,
}


def load(checkpoint: str) -> Subject:
    """A copy of its own. Raises CheckpointError."""
    return Subject.load(resolve(checkpoint))


@contextmanager
def modestly(subject: Subject) -> Iterator[None]:
    """As few of torch's threads as a model of this size is served with; other threads that compute keep theirs.

    Two on busy cores wait for each other: 300 tokens took the embedded checkpoint 5 to 10 times as long.
    """
    before = torch.get_num_threads()
    if sum(parameter.numel() for parameter in subject.model.parameters()) < ONE_THREAD_BELOW:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
