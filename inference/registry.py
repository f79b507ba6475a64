"""Names to backends. Configured once per process; builds each backend at its first use."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from importlib import import_module
from typing import Any

from inference.backends.base import Backend
from inference.errors import UnknownBackend
from inference.types import Chunk, Request

EMBEDDED: dict[str, dict[str, Any]] = {"default": {"BACKEND": "inference.backends.local.LocalBackend"}}

_config: Mapping[str, Mapping[str, Any]] = EMBEDDED
_backends: dict[str, Backend] = {}


def configure(config: Mapping[str, Mapping[str, Any]]) -> None:
    """Set the backends: name -> {"BACKEND": dotted path, "OPTIONS": {...}}. Closes earlier ones."""
    global _config
    for backend in _backends.values():
        backend.close()
    _backends.clear()
    _config = config


def get_backend(name: str = "default") -> Backend:
    """The backend of that name, built at its first use. Raises UnknownBackend."""
    if name not in _backends:
        if name not in _config:
            raise UnknownBackend(f"There is no backend named {name!r} in INFERENCE.")
        module, _, attribute = _config[name]["BACKEND"].rpartition(".")
        factory = getattr(import_module(module), attribute)
        _backends[name] = factory(name=name, **_config[name].get("OPTIONS", {}))
    return _backends[name]


def backend_names() -> list[str]:
    """The configured names, the default first."""
    return sorted(_config, key=lambda name: (name != "default", name))


def stream(request: Request) -> AsyncIterator[Chunk]:
    """Ask the request's backend; see Backend.stream for what it yields and raises."""
    return get_backend(request.backend).stream(request)
