"""What `manage.py doctor` says about other servers that answer for this site: one finding for each."""

from __future__ import annotations

import asyncio
from typing import Any

from django.utils.translation import gettext as _

from chat.answerers import engine_name
from chat.findings import Finding, fail, ok, warn
from inference import probing
from inference.errors import InferenceError, Overloaded, UpstreamRejected, UpstreamUnreachable


def names() -> list[str]:
    """The engines that are other servers; none when every engine is this site's own."""
    return list(probing.upstreams())


def finding(engine: str) -> Finding:
    """Whether that server answers, takes our key and has the model."""
    backend = probing.upstreams()[engine]
    seen = asyncio.run(probing.look(backend))
    facts = {key: value for key, value in backend.describe().items() if key in ("model", "url")}
    facts |= {"listed": seen.listed, "first_ms": seen.first_ms, "total_ms": seen.total_ms}
    return _finding(f"upstream:{engine}", {"name": engine_name(engine), **facts}, seen, facts)


def _finding(name: str, words: dict[str, Any], seen: probing.Look, facts: dict[str, Any]) -> Finding:
    if seen.error is not None:
        detail = _("%(name)s at %(url)s gives no answer. %(reason)s") % {**words, "reason": seen.error}
        return fail(name, detail, _remedy(seen), **facts, error=seen.error.code)
    sentence = _(
        "%(name)s at %(url)s takes our key and answers as %(model)s; the first word came after %(first_ms).0f ms."
    )
    detail = sentence % {**words, "first_ms": seen.first_ms or 0.0}
    if seen.listed is False:
        return warn(
            name, detail, _("Its list of models does not name that model: look at its MODEL variable."), **facts
        )
    return ok(name, detail, **facts)


def _remedy(seen: probing.Look) -> str:
    """What to look at, by the kind of failure."""
    if seen.listed is False:
        return _("Its list of models does not name that model: look at its MODEL variable.")
    return _remedies().get(type(seen.error), _("Look into that server's own log."))


def _remedies() -> dict[type[InferenceError] | type[None], str]:
    return {
        UpstreamUnreachable: _("Is that server running, and is its URL variable right?"),
        UpstreamRejected: _("Check its KEY, URL and MODEL variables."),
        Overloaded: _("That server has too much to do, or our share of it is used up. Try again later."),
    }
