"""Every route of the site as one flat list of patterns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import get_resolver


def all_routes(resolver: Any = None, prefix: str = "") -> Iterator[str]:
    """Patterns as they are written, joined from the root down."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if hasattr(entry, "url_patterns"):
            yield from all_routes(entry, route)
        else:
            yield route
