"""What the pages around articles share."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from chat.knowledge.models import Article


class ArticlePages:
    """A page in the admin's frame. The names are those of Django's ModelAdmin, with which this is mixed."""

    admin_site: Any
    opts: Any
    media: Any
    has_view_permission: Any
    has_add_permission: Any
    has_change_permission: Any
    message_user: Any
    log_change: Any

    def article_page(
        self, request: HttpRequest, name: str, context: dict[str, Any], article: Article | None = None
    ) -> HttpResponse:
        """The template of that name."""
        common = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": article,
            "media": self.media,
            "may_change": self.has_change_permission(request),
        }
        return TemplateResponse(request, f"admin/knowledge/article/{name}.html", common | context)
