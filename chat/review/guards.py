"""What stands before every page of this room."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from chat.review import access

View = Callable[..., HttpResponse]


def reviewer_required(view: View) -> View:
    """For those who may see the comparison: a visitor is asked to sign in, everybody else is refused."""
    return _guarded(view, access.may_review)


def reader_required(view: View) -> View:
    """For those who may also read what visitors wrote."""
    return _guarded(view, access.may_read)


def rater_required(view: View) -> View:
    """For those who may review answers."""
    return _guarded(view, access.may_rate)


def _guarded(view: View, allowed: Callable[[Any], bool]) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not allowed(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded
