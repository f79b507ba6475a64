"""Who has read or exported which transcript. Titles are not shown: they are a visitor's words."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.admin import filters
from chat.admin.base import ReadOnlyAdmin
from chat.admin.conversations import READ_TRANSCRIPTS
from chat.models import PersonalDataRead, TranscriptRead


class AccessLogAdmin(ReadOnlyAdmin):
    """Read-only, for superusers and whoever holds the permission to view it."""

    ordering = ("-id",)
    list_select_related = ("reader", "conversation")
    middle: tuple[str, ...] = ()
    search_fields = ("reader__username",)
    search_help_text = gettext_lazy("The reader's name.")
    list_display_links = None  # the row says it all

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """The link only for those whom it does not lead to a refusal."""
        which = "transcript" if request.user.has_perm(READ_TRANSCRIPTS) else "conversation_id_text"
        return ("when", "who", *self.middle, which)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The same as in the list."""
        return self.get_list_display(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """All of them."""
        return self.get_fields(request, obj)

    @admin.display(description=gettext_lazy("time"))
    def when(self, row: Any) -> Any:
        """To the minute, as Django shows times."""
        return row.at

    @admin.display(description=gettext_lazy("reader"))
    def who(self, row: Any) -> str:
        """The name, as long as the account exists."""
        return row.reader.get_username() if row.reader else _("Account deleted")

    @admin.display(description=gettext_lazy("conversation"))
    def transcript(self, row: Any) -> SafeString:
        """A link by the public id."""
        page = reverse("admin:chat_conversation_change", args=[row.conversation_id])
        return format_html('<a href="{}">{}</a>', page, row.conversation.public_id)

    @admin.display(description=gettext_lazy("conversation"))
    def conversation_id_text(self, row: Any) -> str:
        """The public id alone."""
        return str(row.conversation.public_id)


@admin.register(TranscriptRead)
class TranscriptReadAdmin(AccessLogAdmin):
    """Every opening and every export."""

    permission = "chat.view_transcriptread"
    middle = ("kind",)
    list_filter = (filters.ReadFilter, "kind")


@admin.register(PersonalDataRead)
class PersonalDataReadAdmin(AccessLogAdmin):
    """Whom personal data were shown to, and why."""

    permission = "chat.view_personaldataread"
    middle = ("reason", "until")
    list_filter = (filters.ReadFilter,)
