"""The sentences that a visitor reads when a reply failed: one per error code, never the error's own text."""

from __future__ import annotations

from django.utils.translation import gettext, gettext_lazy, ngettext

INTERNAL = "internal"  # a mistake of ours
TIMED_OUT = "timed_out"  # the model fell silent in the middle of its answer
STORAGE = "storage"  # the answer could not be stored, so it was not shown either

_SENTENCES = {
    "message_too_long": gettext_lazy("The message is too long for the model. Please shorten it."),
    "invalid_request": gettext_lazy("The model cannot answer this message."),
    "overloaded": gettext_lazy("Too many people are asking right now. Please try again in a moment."),
    "backend_unavailable": gettext_lazy("The model is not available right now. Please try again later."),
    "unknown_backend": gettext_lazy("The model is not available right now. Please try again later."),
    "checkpoint_error": gettext_lazy("The model is not available right now. Please try again later."),
    "upstream_unreachable": gettext_lazy("The model is not available right now. Please try again later."),
    "upstream_rejected": gettext_lazy("The model is not available right now. Please try again later."),
    "upstream_refused": gettext_lazy("The model does not answer this message. Please ask in other words."),
    "upstream_timeout": gettext_lazy("The model took too long to answer. Please try again in a moment."),
    "stream_broken": gettext_lazy("The answer broke off on its way to us. Please try again."),
    "out_of_memory": gettext_lazy("The model ran out of memory. Please try again in a moment."),
    STORAGE: gettext_lazy("The answer could not be saved. Please try again in a moment."),
}
_BROKE_OFF = gettext_lazy("The answer broke off because of a mistake on our side. Please try again.")


def sentence(code: str, retry_after_s: float | None = None) -> str:
    """What to tell a person about a failed reply, in the active language."""
    if code == "overloaded" and retry_after_s:
        return _busy(max(1, round(retry_after_s)))
    return str(_SENTENCES.get(code, _BROKE_OFF))


def model_sentence(state: str, error_code: str) -> str:
    """What to tell a person about the model's state; empty when it is ready."""
    if state == "failed":
        return sentence(error_code or "backend_unavailable")
    if state == "ready":
        return ""
    return gettext("The model is starting. You can ask already; the answer comes as soon as it is ready.")


def _busy(seconds: int) -> str:
    return ngettext(
        "Too many people are asking right now. Please try again in %(seconds)d second.",
        "Too many people are asking right now. Please try again in %(seconds)d seconds.",
        seconds,
    ) % {"seconds": seconds}
