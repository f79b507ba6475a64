"""The editor's form: an article's texts in both languages and what the rules know, as one draft."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from chat.knowledge.cleaning import MAX_QUESTION_CHARS, clean_draft
from chat.knowledge.drafts import ArticleDraft
from chat.knowledge.errors import StaleEdit
from chat.knowledge.fields import fields_of, read_fields
from chat.knowledge.models import Article, Revision
from chat.knowledge.queries import draft_of, newest_revision


def _line(language: str) -> forms.CharField:
    attributes = {"class": "vLargeTextField", "lang": language, "maxlength": MAX_QUESTION_CHARS}
    return forms.CharField(label=_("Question"), required=False, widget=forms.TextInput(attributes))


def _text(label: Any, rows: int, help_text: Any = "", language: str = "") -> forms.CharField:
    attributes = {"rows": rows, "class": "vLargeTextField", **({"lang": language} if language else {})}
    return forms.CharField(
        label=label, required=False, help_text=help_text, strip=False, widget=forms.Textarea(attributes)
    )


ONE_A_LINE = _("One a line.")
MARKDOWN = _("Markdown: **bold**, - lists, [links](https://…).")


class ArticleForm(forms.ModelForm):
    """Everything of a revision. After `is_valid`, `draft` is what was written."""

    tags = _text(_("Tags"), 2, ONE_A_LINE)
    question_en = _line("en")
    answer_en = _text(_("Answer"), 10, MARKDOWN, "en")
    examples_en = _text(_("Example questions"), 8, _("How people ask, one a line."), "en")
    question_zh = _line("zh-Hans")
    answer_zh = _text(_("Answer"), 10, MARKDOWN, "zh-Hans")
    examples_zh = _text(_("Example questions"), 8, _("How people ask, one a line."), "zh-Hans")
    keywords = _text(
        _("Keywords"),
        6,
        _("One a line, with a weight: card = 2. A negative weight speaks against this article."),
    )
    patterns = _text(_("Patterns"), 4, _("Regular expressions, one a line; a message that fits one is about this."))
    summary = forms.CharField(
        label=_("What changed"),
        required=False,
        max_length=200,
        help_text=_("A few words for the list of revisions."),
        widget=forms.TextInput({"class": "vLargeTextField"}),
    )
    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Article
        fields = ("slug", "policy")

    draft: ArticleDraft
    stored: Revision
    stale: Revision | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        article = kwargs.get("instance")
        self.newest = newest_revision(article) if article is not None and article.pk else None
        if self.newest:
            started = fields_of(draft_of(self.newest)) | {"based_on": self.newest.number}
            kwargs["initial"] = started | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        if "policy" in self.fields:
            self.fields["policy"].choices = [  # type: ignore[attr-defined]
                ("", _("As the site says")),
                *Article._meta.get_field("policy").flatchoices,
            ]

    def clean(self) -> dict[str, Any]:
        """The fields as a draft; what is wrong with it stands at its field."""
        cleaned = super().clean() or self.cleaned_data
        slug = self.instance.slug if self.instance.pk else cleaned.get("slug", "")
        try:
            self.draft = clean_draft(read_fields(slug, cleaned))
        except ValidationError as error:
            self.add_error(None, error)
        self._refuse_if_stale(cleaned.get("based_on"))
        return cleaned

    def _refuse_if_stale(self, based_on: int | None) -> None:
        """Somebody else was faster: say so, and let the next attempt go on from theirs."""
        if self.newest is None or based_on == self.newest.number:
            return
        self.stale = self.newest
        self.add_error(None, StaleEdit(self.newest).detail)
        data: Any = self.data
        self.data = {**data.dict(), self.add_prefix("based_on"): str(self.newest.number)}
