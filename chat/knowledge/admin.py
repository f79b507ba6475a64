"""Help articles for those who write them: one page per article, its texts in both languages on it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from chat.enums import Language
from chat.knowledge.models import Article, ArticleText


class LinesField(forms.CharField):
    """A list of texts, one a line; stored as a JSON list."""

    def __init__(self, *, rows: int = 8, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _("One a line."))
        super().__init__(required=False, widget=forms.Textarea({"rows": rows, "class": "vLargeTextField"}), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """The stored list, or what was typed."""
        return "\n".join(str(line) for line in value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """The lines with something on them."""
        lines = (line.strip() for line in str(value or "").splitlines())
        return [line for line in lines if line]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """By the lists, so that another line end is no change."""
        return self.to_python(self.prepare_value(initial)) != self.to_python(data)


class ArticleForm(forms.ModelForm):
    """Tags as lines."""

    tags = LinesField(label=_("Tags"), rows=2)

    class Meta:
        model = Article
        fields = ("slug", "tags")


class ArticleTextForm(forms.ModelForm):
    """Example questions as lines."""

    example_questions = LinesField(label=_("Example questions"))

    class Meta:
        model = ArticleText
        fields = ("language", "question", "answer", "example_questions")
        widgets = {
            "question": forms.TextInput({"class": "vLargeTextField"}),
            "answer": forms.Textarea({"rows": 8, "class": "vLargeTextField"}),
        }


class ArticleTextInline(admin.StackedInline):
    """At most one text per language."""

    model = ArticleText
    form = ArticleTextForm
    extra = 0
    max_num = len(Language)


@admin.register(Article)
class ArticleAdmin(admin.ModelAdmin):
    """A small table (some hundreds of rows), so that Django's own list will do."""

    form = ArticleForm
    inlines = (ArticleTextInline,)
    list_display = ("slug", "english", "chinese", "updated_at")
    search_fields = ("slug", "texts__question", "texts__answer")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the texts, in one query for the whole list."""
        return super().get_queryset(request).prefetch_related("texts")

    @admin.display(description=Language.ENGLISH.label)
    def english(self, article: Article) -> str:
        """The English title."""
        return _title(article, Language.ENGLISH)

    @admin.display(description=Language.CHINESE.label)
    def chinese(self, article: Article) -> str:
        """The Chinese title."""
        return _title(article, Language.CHINESE)


def _title(article: Article, language: Language) -> str:
    return next((text.question for text in article.texts.all() if text.language == language), "–")
