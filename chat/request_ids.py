"""The id that ties together what one request or socket led to: in the response's header and in every log line.

A context variable carries it into reply tasks and worker threads, which inherit the context that starts them.
"""

from __future__ import annotations

import re
import uuid
from contextvars import ContextVar

from django.conf import settings

from chat.scopes import Scope, header

HEADER = b"x-request-id"
# What a line of a log can hold without being mistaken for something else.
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")
_current: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    """The id of what is being worked on; empty outside of any request."""
    return _current.get()


def begin(scope: Scope) -> str:
    """Give the request its id: the proxy's, where one is trusted and says a well-formed one, else a new one."""
    said = header(scope, HEADER) if settings.TRUSTED_PROXY else ""
    request_id = said if _WELL_FORMED.fullmatch(said) else uuid.uuid4().hex
    _current.set(request_id)
    return request_id
