"""Conversations in Django admin: a list that can be searched, and each one as a transcript to read."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from chat import actions, transcripts
from chat.admin import explanations, exports, filters
from chat.admin.base import CountFreeChangeList, ReadOnlyAdmin
from chat.admin.records import NO_BREAK, facts, headline, person, person_kind, sources, vote
from chat.enums import FeedbackValue, Role, Status
from chat.knowledge.queries import article_keys
from chat.models import Conversation
from chat.privacy import rights
from chat.privacy.actions import open_personal_data
from chat.privacy.masking import mask

READ_TRANSCRIPTS = "chat.read_transcripts"
REASON_CHARS = 300


class ConversationChangeList(CountFreeChangeList):
    """The list, with the summaries of its rows in two queries."""

    def get_results(self, request: HttpRequest) -> None:
        """Fetch one page, then what it says about each row."""
        super().get_results(request)
        found = transcripts.summaries(self.result_list)
        for row in self.result_list:
            row.summary = found[row.pk]
            row.title = mask(row.title)


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    """Read-only, for those who may read transcripts; every opening and every export is logged."""

    permission = READ_TRANSCRIPTS
    ordering = ("-updated_at", "-id")  # the index conversation_by_time
    list_display = ("heading", "who", "language", "length", "replies", "ratings", "last_message")
    list_select_related = ("owner",)
    list_filter = (
        *(filters.LastMessageFilter, filters.StatusFilter, filters.RatingFilter, filters.ReasonFilter, "language"),
        *(filters.AssistantFilter, filters.AnswererFilter, filters.AbstainedFilter),
        *(filters.BackendFilter, filters.CheckpointFilter, filters.DeletedFilter),
    )
    search_fields = ("title",)  # shows the field; get_search_results does the search
    search_help_text = gettext_lazy("Words in the title or in any message, an account's name, or an id.")
    actions = ("export_jsonl", "export_csv")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """The list without counting, with summaries."""
        return ConversationChangeList

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """In titles and texts, without repeated rows."""
        return filters.search(queryset, search_term), False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        """The transcript. Noted in the access log before it is shown."""
        if request.method not in ("GET", "HEAD") or not self.has_view_permission(request):
            raise PermissionDenied
        conversation = self.get_queryset(request).select_related("owner").filter(pk=_key(object_id)).first()
        if conversation is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        through = _uuid(request.GET.get("version"))
        opened = rights.opened(request.user, [conversation.pk]).get(conversation.pk)
        transcript = transcripts.read(conversation, through, _key(request.GET.get("part")), masked=opened is None)
        actions.record_transcript_reads(request.user, [conversation], "read")
        return TemplateResponse(
            request,
            "admin/chat/conversation/change_form.html",
            {
                **self.admin_site.each_context(request),
                **self._context(request, conversation, transcript, through),
                "opened": opened,
            },
        )

    def get_urls(self) -> list[Any]:
        """With the form in which somebody says why they need the personal data."""
        view = self.admin_site.admin_view(self.personal_data_view)
        return [
            path("<path:object_id>/personal_data/", view, name="chat_conversation_personal_data"),
            *super().get_urls(),
        ]

    def personal_data_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Note the reason, then show the transcript as it is."""
        if not self.has_view_permission(request) or not rights.may_ask(request.user):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        conversation = self.get_queryset(request).filter(pk=_key(object_id)).first()
        if conversation is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        reason = " ".join(request.POST.get("reason", "").replace("\0", "").split())[:REASON_CHARS]
        if reason:
            open_personal_data(request.user, conversation, reason)
        return HttpResponseRedirect(reverse("admin:chat_conversation_change", args=[conversation.pk]))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """For Django's own pages, which show the title."""
        found: Any = super().get_object(request, object_id, from_field)
        if found is not None:
            found.title = mask(found.title)
        return found

    def _context(
        self, request: HttpRequest, conversation: Conversation, transcript: Any, through: Any
    ) -> dict[str, Any]:
        user: Any = request.user
        may_see_articles = user.has_perm("knowledge.view_article")
        return {
            "title": conversation.title or _("Conversation without a title"),
            "opts": self.opts,
            "original": conversation,
            "media": self.media,
            "person": mask(person(conversation)),
            "transcript": transcript,
            "rows": _rows(transcript.entries, may_see_articles),
            "branch_query": "" if transcript.active else f"version={through}&",
            "preserved_filters": self.get_preserved_filters(request),
            "may_see_log": user.has_perm("chat.view_transcriptread"),
            "may_ask": rights.may_ask(user),
        }

    @admin.action(description=gettext_lazy("Export as JSON lines"), permissions=["view"])
    def export_jsonl(self, request: HttpRequest, queryset: QuerySet) -> StreamingHttpResponse:
        """One conversation a line."""
        return exports.response(request, queryset, "jsonl")

    @admin.action(description=gettext_lazy("Export as CSV"), permissions=["view"])
    def export_csv(self, request: HttpRequest, queryset: QuerySet) -> StreamingHttpResponse:
        """One message a row."""
        return exports.response(request, queryset, "csv")

    @admin.display(description=gettext_lazy("conversation"))
    def heading(self, row: Conversation) -> SafeString | str:
        """The title, and whether the visitor has deleted it."""
        title = row.title or _("Conversation without a title")
        if not row.deleted_at:
            return title
        return format_html('<span class="dl-deleted">{}</span> <span class="dl-chip">{}</span>', title, _("Deleted"))

    @admin.display(description=gettext_lazy("who"))
    def who(self, row: Conversation) -> str:
        """The account's name, or that it is a visitor."""
        return mask(row.owner.get_username()) if row.owner else _("Visitor")

    @admin.display(description=gettext_lazy("messages"))
    def length(self, row: Any) -> str:
        """How many messages, versions included."""
        return str(row.summary.statuses.total())

    @admin.display(description=gettext_lazy("not complete"))
    def replies(self, row: Any) -> SafeString | str:
        """How many replies there are in each state but the usual one."""
        found = [(status, row.summary.statuses[status]) for status in Status if status != Status.COMPLETE]
        parts = [(status.value, status.label, number) for status, number in found if number]
        return format_html_join(" ", '<span class="dl-chip" data-status="{}">{} {}</span>', parts) or "–"

    @admin.display(description=gettext_lazy("ratings"))
    def ratings(self, row: Any) -> str:
        """How many good and bad ones."""
        good, bad = (row.summary.ratings[value] for value in (FeedbackValue.GOOD, FeedbackValue.BAD))
        parts = [ngettext("%d good", "%d good", good) % good if good else ""]
        parts.append(ngettext("%d bad", "%d bad", bad) % bad if bad else "")
        return f"{NO_BREAK}· ".join(part for part in parts if part) or "–"

    @admin.display(description=gettext_lazy("last message"))
    def last_message(self, row: Conversation) -> Any:
        """When."""
        return row.updated_at


def _rows(entries: list[transcripts.Entry], may_see_articles: bool) -> list[dict[str, Any]]:
    """Each with its sources as (slug, the article's key or None), for a link to where it is edited."""
    rows = [_row(entry) for entry in entries]
    keys = article_keys(slug for row in rows for slug in row["sources"]) if may_see_articles else {}
    for row in rows:
        row["sources"] = [(slug, keys.get(slug)) for slug in row["sources"]]
    return rows


def _row(entry: transcripts.Entry) -> dict[str, Any]:
    record = getattr(entry.message, "generation", None)
    return {
        "entry": entry,
        "message": entry.message,
        "is_reply": entry.message.role == Role.ASSISTANT,
        "record": record,
        "headline": headline(record) if record else "",
        "facts": facts(record) if record else [],
        "sources": sources(record) if record else [],
        "explanation": explanations.tables(record) if record else [],
        "ratings": [(rating, person_kind(rating.actor)) for rating in entry.message.feedback.all()],
        "side": entry.message.get_side_display() if entry.message.side else "",
        "vote": vote(entry.message),
    }


def _key(text: str | None) -> int | None:
    """A whole number that a database can hold, or None."""
    text = unquote(text or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _uuid(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None
