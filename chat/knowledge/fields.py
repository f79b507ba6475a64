"""A draft as named texts, lists one a line: what the form, the files and the differences have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from chat.enums import Language
from chat.knowledge.cleaning import SHORT
from chat.knowledge.drafts import ArticleDraft, TextDraft
from chat.knowledge.lines import join_lines, read_keywords, split_lines, write_keywords

LABELS: dict[str, Any] = {
    "tags": _("Tags"),
    "question_en": _("Question (English)"),
    "answer_en": _("Answer (English)"),
    "examples_en": _("Example questions (English)"),
    "question_zh": _("Question (Chinese)"),
    "answer_zh": _("Answer (Chinese)"),
    "examples_zh": _("Example questions (Chinese)"),
    "keywords": _("Keywords"),
    "patterns": _("Patterns"),
}


def fields_of(draft: ArticleDraft) -> dict[str, str]:
    """Every field of a draft as text, lists one a line; the same names in the form, in files and here."""
    fields = {"tags": join_lines(draft.tags)}
    for language in Language:
        text, short = draft.texts.get(language, TextDraft("", "")), SHORT[language]
        fields[f"question_{short}"], fields[f"answer_{short}"] = text.question, text.answer
        fields[f"examples_{short}"] = join_lines(text.example_questions)
    return fields | {"keywords": write_keywords(draft.keywords), "patterns": join_lines(draft.patterns)}


def read_fields(slug: str, fields: Mapping[str, str]) -> ArticleDraft:
    """The draft that these texts describe, not cleaned yet; ValidationError for keywords that cannot be read."""
    texts = {
        language: TextDraft(
            fields.get(f"question_{short}", ""),
            fields.get(f"answer_{short}", ""),
            split_lines(fields.get(f"examples_{short}", "")),
        )
        for language, short in SHORT.items()
    }
    lists = {name: split_lines(fields.get(name, "")) for name in ("tags", "patterns")}
    try:
        keywords = read_keywords(fields.get("keywords", ""))
    except ValidationError as error:
        raise ValidationError({"keywords": error.messages}) from None
    return ArticleDraft(slug, texts, keywords=keywords, **lists)
