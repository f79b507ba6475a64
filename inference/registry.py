"""Names to backends. Configured once per process; builds each backend at its first use."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from importlib import import_module
from typing import Any

from inference.backends.base import Backend
from inference.errors import UnknownBackend
from inference.types import Chunk, Request

Config = Mapping[str, Mapping[str, Any] | str]

EMBEDDED: Config = {"default": {"BACKEND": "inference.backends.local.LocalBackend"}}

_config: Config = EMBEDDED
_backends: dict[str, Backend] = {}


def configure(config: Config) -> None:
    """Set the backends: name -> {"BACKEND": dotted path, "OPTIONS": {...}}, or another name. Closes earlier ones."""
    global _config
    for backend in list(_backends.values()):  # one that closes others may have to build them first
        backend.close()
    _backends.clear()
    _config = config


def get_backend(name: str = "default") -> Backend:
    """The backend of that name, built at its first use. Raises UnknownBackend."""
    if name not in _backends:
        found = _config.get(name)
        if found is None:
            raise UnknownBackend(f"There is no backend named {name!r} in INFERENCE.")
        if isinstance(found, str):
            return get_backend(found)
        _backends[name] = build(name, found)
    return _backends[name]


def build(name: str, entry: Mapping[str, Any]) -> Backend:
    """A new backend as an entry of the configuration describes it."""
    module, _, attribute = entry["BACKEND"].rpartition(".")
    factory = getattr(import_module(module), attribute)
    backend: Backend = factory(name=name, **entry.get("OPTIONS", {}))
    return backend


def label(name: str) -> str:
    """What the configuration calls that backend for people to read; empty when it does not."""
    found = _config.get(name)
    return str(found.get("OPTIONS", {}).get("label", "")) if isinstance(found, Mapping) else ""


def is_large(name: str) -> bool:
    """Whether that backend is a large language model, which follows instructions: it says so itself, as `large`."""
    return bool(getattr(get_backend(name), "large", False))


def backend_names() -> list[str]:
    """The configured names, the default first; second names for the same backend are left out."""
    names = [name for name, value in _config.items() if not isinstance(value, str)]
    default = _config.get("default")
    first = default if isinstance(default, str) else "default"
    return sorted(names, key=lambda name: (name != first, name))


def stream(request: Request) -> AsyncIterator[Chunk]:
    """Ask the request's backend; see Backend.stream for what it yields and raises."""
    return get_backend(request.backend).stream(request)


async def prompt_tokens(request: Request) -> int:
    """How many tokens the request's backend reads for it; 0 where no tokenizer is loaded."""
    count = getattr(get_backend(request.backend), "prompt_tokens", None)
    return await count(request) if count is not None else 0
