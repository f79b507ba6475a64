"""Help articles for those who write them."""

from __future__ import annotations

from django.contrib import admin

from chat.knowledge.models import Article


@admin.register(Article)
class ArticleAdmin(admin.ModelAdmin):
    """The list of articles."""

    fields = ("slug", "policy")
    list_display = ("slug", "state", "updated_at")
    search_fields = ("slug",)
