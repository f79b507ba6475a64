"""Which engines there are, and which of them an assistant is answered by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

import inference
from chat.assistants.enums import Needs
from chat.assistants.models import Assistant
from inference import BackendState, InferenceError, registry

DEFAULT = "default"
LABELS: dict[str, Any] = {
    "rules": _("Rules"),
    "gpt2": _("GPT-2 with articles"),
    "router": _("Router"),
    "checkpoint": _("GPT-2 alone"),
}
STATES: dict[BackendState, Any] = {
    BackendState.IDLE: _("not started"),
    BackendState.STARTING: _("starting"),
    BackendState.READY: "",
    BackendState.FAILED: _("cannot be used now"),
}
NOT_CONFIGURED, NOT_LARGE, NONE_LARGE = "not_configured", "not_large", "none_large"
PROBLEMS: dict[str, Any] = {
    NOT_CONFIGURED: _("Its engine is not configured on this site, so nobody is offered this assistant."),
    NOT_LARGE: _("It needs a large language model, and its engine is none, so nobody is offered this assistant."),
    NONE_LARGE: _("It needs a large language model, and this site has none, so nobody is offered this assistant."),
}


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine as staff see it; `state` is empty while it is ready."""

    name: str
    label: str
    state: str


def engines() -> list[Engine]:
    """Every engine of this site, the default's first."""
    return [Engine(name, engine_label(name), _state(name)) for name in inference.backend_names()]


def engine_label(name: str) -> str:
    """A name for people; an operator's own one where there is one."""
    return registry.label(name) or str(LABELS.get(name, name))


def is_large(name: str) -> bool:
    """Whether the engine is a large language model: it follows instructions, and a schema.

    The embedded checkpoint and the rules do neither: instructions would only take away from what they read.
    """
    try:
        return registry.is_large(name)
    except InferenceError:
        return False


def engine_of(assistant: Assistant | None) -> str:
    """The engine that answers for it: its own, else the site's default, or the first large one where it needs one."""
    if assistant is None:
        return DEFAULT
    if assistant.engine in inference.backend_names():
        return assistant.engine
    if assistant.needs != Needs.LARGE or is_large(DEFAULT):
        return DEFAULT
    return next((name for name in inference.backend_names() if is_large(name)), DEFAULT)


def problem(assistant: Assistant) -> str:
    """Why an assistant cannot be offered here, as a code of PROBLEMS; empty when it can."""
    if assistant.engine and assistant.engine not in inference.backend_names():
        return NOT_CONFIGURED
    if assistant.needs != Needs.LARGE or is_large(engine_of(assistant)):
        return ""
    return NOT_LARGE if assistant.engine else NONE_LARGE


def _state(name: str) -> str:
    return str(STATES[inference.get_backend(name).status().state])
