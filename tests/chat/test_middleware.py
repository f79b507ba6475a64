"""chat/middleware.py: what browsers may keep."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse

from chat.middleware import ASK_AGAIN, NO_STORE, PrivatePages


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ("", NO_STORE),
        ("public, max-age=60", NO_STORE),
        ("no-cache", NO_STORE),
        (ASK_AGAIN, ASK_AGAIN),
        ("no-cache, no-store, private", "no-cache, no-store, private"),
    ],
)
def test_nothing_is_kept_but_what_says_that_it_may_be(said: str, sent: str):
    def view(_request: HttpRequest) -> HttpResponse:
        return HttpResponse(headers={"Cache-Control": said} if said else {})

    assert PrivatePages(view)(HttpRequest())["Cache-Control"] == sent  # type: ignore[index]
