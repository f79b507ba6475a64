"""Reading articles."""

from __future__ import annotations

from collections.abc import Iterable

from chat.enums import Language
from chat.knowledge.models import ArticleText


class Titles:
    """The titles of some articles in every language that they have: one query, none for no articles."""

    def __init__(self, slugs: Iterable[str]) -> None:
        wanted = set(slugs)
        texts = ArticleText.objects.filter(article__slug__in=wanted) if wanted else ArticleText.objects.none()
        rows = texts.values_list("article__slug", "language", "question")
        self._titles = {(slug, language): title for slug, language, title in rows}

    def of(self, slug: str, language: Language) -> str:
        """The title in this language, else in English, else what the slug says."""
        known = (self._titles.get((slug, wanted)) for wanted in (language, Language.ENGLISH))
        return next((title for title in known if title), slug.replace("_", " "))
