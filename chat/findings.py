"""What `manage.py doctor` says: one finding per part, with a plain sentence and, where it is not well, a remedy."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """How a part is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One part of the installation. `facts` are for machines; their names do not change with the language."""

    name: str
    state: State
    detail: str
    remedy: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For --json."""
        return asdict(self)


def ok(name: str, detail: str, /, **facts: Any) -> Finding:
    """A part that is well."""
    return Finding(name, State.OK, detail, "", facts)


def warn(name: str, detail: str, remedy: str, /, **facts: Any) -> Finding:
    """A part that works but should be looked at."""
    return Finding(name, State.WARN, detail, remedy, facts)


def fail(name: str, detail: str, remedy: str, /, **facts: Any) -> Finding:
    """A part that does not work."""
    return Finding(name, State.FAIL, detail, remedy, facts)
