"""What people call the engines, and in which colour they are drawn."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

NAMES = {
    "rules": gettext_noop("Rules"),
    "gpt2": gettext_noop("GPT-2 with articles"),
    "router": gettext_noop("Router"),
    "checkpoint": gettext_noop("GPT-2 alone"),
    "default": gettext_noop("No engine named"),
}


def engine_label(name: str) -> str:
    """A name for people; an engine that only the settings know is called as it is there."""
    return _(NAMES[name]) if name in NAMES else name


def engine_number(name: str) -> int:
    """A place in the palette, the same wherever the engine is drawn."""
    known = list(NAMES)
    return known.index(name) if name in NAMES else len(known)
