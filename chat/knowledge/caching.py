"""Pages that a browser may keep, and asks about each time: the help pages change only with what is published."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date

from chat.knowledge.queries import knowledge_changed_at
from chat.middleware import ASK_AGAIN

View = Callable[..., HttpResponse]
# Another one in every response, though each is good for as long as the cookie that it belongs to.
_TOKENS = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"')


def revalidated(view: View) -> View:
    """Answer 304 when the browser has this very page; pages of any other status stay as they are.

    The tag is made from the page itself, so that it is right after a new release, in another language, and for
    whoever has signed in since; the date is that of the knowledge base.
    """

    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if response.status_code != 200:
            return response
        changed_at = knowledge_changed_at()
        date = int(changed_at.timestamp()) if changed_at else None
        response["Cache-Control"], response["ETag"] = ASK_AGAIN, _tag(request, response)
        if date is not None:
            response["Last-Modified"] = http_date(date)
        shown = get_conditional_response(request, etag=response["ETag"], last_modified=date, response=response)
        return shown or response

    return wrapped


def _tag(request: HttpRequest, response: HttpResponse) -> str:
    digest = hashlib.sha256(_TOKENS.sub(b"", response.content))
    digest.update(request.META.get("CSRF_COOKIE", "").encode())
    return f'W/"{digest.hexdigest()[:32]}"'
