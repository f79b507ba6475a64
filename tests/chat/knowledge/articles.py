"""Articles for tests, stored as an editor's would be."""

from __future__ import annotations

from typing import Any

from chat.enums import Language
from chat.knowledge import actions
from chat.knowledge.drafts import ArticleDraft, TextDraft
from chat.knowledge.models import Article

EN, ZH = Language.ENGLISH, Language.CHINESE


def draft(slug: str = "age_limit", texts: dict[Language, TextDraft] | None = None, **fields: Any) -> ArticleDraft:
    """A draft in both languages."""
    texts = texts or {EN: TextDraft("How old?", "18.", ("a", "b")), ZH: TextDraft("多大年龄？", "十八岁。")}
    return ArticleDraft(slug, texts, **{"tags": ("account",), **fields})


def titled(slug: str, **titles: str) -> ArticleDraft:
    """A draft with nothing but titles: en="...", zh="..."."""
    return draft(slug, {{"en": EN, "zh": ZH}[name]: TextDraft(title, "-") for name, title in titles.items()})


def published(what: ArticleDraft | str = "age_limit", author: Any = None) -> Article:
    """A published article."""
    what = draft(what) if isinstance(what, str) else what
    return actions.publish(actions.save_draft(None, what, author), author).article
