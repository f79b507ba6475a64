"""The visitors' ratings as a list; each leads to its place in the transcript."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.admin import filters
from chat.admin.base import ReadOnlyAdmin
from chat.admin.conversations import READ_TRANSCRIPTS
from chat.admin.records import person_kind
from chat.models import Feedback
from chat.privacy.masking import mask

COMMENT_CHARS = 200


@admin.register(Feedback)
class FeedbackAdmin(ReadOnlyAdmin):
    """Read-only. The link to the transcript is there for those who may read it."""

    permission = "chat.view_feedback"
    ordering = ("-id",)
    list_select_related = ("message",)
    list_filter = (filters.RatedFilter, "value", filters.FeedbackReasonFilter)
    search_fields = ("comment",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the ticked reasons."""
        return super().get_queryset(request).select_related("message").prefetch_related("reasons")

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """The link only for those whom it does not lead to a refusal."""
        columns = ("rating", "ticked", "short_comment", "who", "time")
        return (*columns, "transcript") if request.user.has_perm(READ_TRANSCRIPTS) else columns

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What the visitor gave, and nothing of the transcript."""
        fields = ("rating", "ticked", "whole_comment", "who", "created_at", "updated_at")
        return (*fields, "transcript") if request.user.has_perm(READ_TRANSCRIPTS) else fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """All of them."""
        return self.get_fields(request, obj)

    @admin.display(description=gettext_lazy("rating"))
    def rating(self, row: Any) -> str:
        """In words."""
        return row.get_value_display()

    @admin.display(description=gettext_lazy("reasons"))
    def ticked(self, row: Any) -> str:
        """In words."""
        return ", ".join(str(reason.get_code_display()) for reason in row.reasons.all()) or "–"

    @admin.display(description=gettext_lazy("comment"))
    def short_comment(self, row: Feedback) -> str:
        """The beginning."""
        return Truncator(mask(row.comment)).chars(COMMENT_CHARS) or "–"

    @admin.display(description=gettext_lazy("comment"))
    def whole_comment(self, row: Feedback) -> str:
        """All of it; personal data are shown in the transcript alone, for a reason."""
        return mask(row.comment) or "–"

    @admin.display(description=gettext_lazy("who"))
    def who(self, row: Feedback) -> str:
        """What kind of person."""
        return person_kind(row.actor)

    @admin.display(description=gettext_lazy("time"))
    def time(self, row: Feedback) -> Any:
        """When it was given."""
        return row.created_at

    @admin.display(description=gettext_lazy("transcript"))
    def transcript(self, row: Feedback) -> SafeString:
        """The answer in its conversation, whichever version it is."""
        page = reverse("admin:chat_conversation_change", args=[row.message.conversation_id])
        uid = row.message.public_id
        return format_html('<a href="{0}?version={1}#m-{1}">{2}</a>', page, uid, _("Read in the transcript"))
