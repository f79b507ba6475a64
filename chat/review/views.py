"""The review room's entrance."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chat.review import access, gaps, queries, waiting
from chat.review.guards import reviewer_required


@require_safe
@never_cache
@reviewer_required
def index(request: HttpRequest) -> HttpResponse:
    """What there is to look at, and how much of it."""
    context = {
        "votes": queries.vote_count(),
        "comparisons": queries.comparison_count(),
        "left": _left(request),
        "gaps": gaps.open_questions() if access.may_read(request.user) else None,
    }
    return render(request, "review/index.html", context)


def _left(request: HttpRequest) -> int | None:
    queue = waiting.the_queue() if access.may_rate(request.user) else None
    return waiting.left_for(queue, request.user) if queue else None
