"""Comparisons and votes in the admin: to look at, not to change."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from chat.admin.base import ReadOnlyAdmin
from chat.review.access import VIEW_COMPARISON
from chat.review.models import Comparison, ComparisonVote


class ReviewAdmin(ReadOnlyAdmin):
    """Newest first; the texts themselves are in the transcripts."""

    permission = VIEW_COMPARISON
    ordering = ("-id",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The same as in the list."""
        return self.get_list_display(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """All of them."""
        return self.get_fields(request, obj)


@admin.register(Comparison)
class ComparisonAdmin(ReviewAdmin):
    """Which two engines answered, how, and who was asked to compare."""

    list_display = ("created_at", "first_engine", "second_engine", "language", "mode", "offered_to", "left_is_first")
    list_filter = ("mode", "offered_to", "language")


@admin.register(ComparisonVote)
class ComparisonVoteAdmin(ReviewAdmin):
    """Votes, without who cast them: a name is in the page of the vote alone."""

    list_display = ("created_at", "comparison", "outcome", "reasons", "guessed", "guess_right", "topic", "ms")
    list_filter = ("outcome", "guess_right", "comparison__mode", "comparison__offered_to")
    list_select_related = ("comparison",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The list's columns and the rater."""
        return (*self.get_list_display(request), "rater")
