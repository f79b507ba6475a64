"""Moving what was decided about an answer into its record and out of it."""

from __future__ import annotations

from dataclasses import fields, replace

from inference.types import Completion, Decision

_NAMES = tuple(field.name for field in fields(Decision))


def decision_of(completion: Completion) -> Decision:
    """Who answered, why and from what, as the record has it."""
    return Decision(**{name: getattr(completion, name) for name in _NAMES})


def with_decision(completion: Completion, backend: str, decision: Decision) -> Completion:
    """The record of an answer that the backend of this name gave in the way that was decided."""
    return replace(completion, backend=backend, **{name: getattr(decision, name) for name in _NAMES})
