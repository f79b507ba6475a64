"""Ways from a question to the knowledge base's admin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from django.urls import reverse

from chat.enums import Language
from chat.knowledge.models import Article
from chat.privacy.masking import mask

FIELDS = {Language.ENGLISH: "en", Language.CHINESE: "zh"}
QUESTION_CHARS = 200
# An address has to stay far below the 16 KB that servers take, and a Chinese character is nine bytes there.
MAX_EXAMPLES = 6
MAX_ANSWER_BYTES = 9000


def write_address(user: Any, language: str, examples: Sequence[str], answer: str = "") -> str:
    """The form for a new article with these questions, personal data masked; empty for those who may not add one.

    An answer that does not fit into an address is left out.
    """
    if not user.has_perm("knowledge.add_article"):
        return ""
    short = FIELDS[Language(language)]
    lines = [_line(text) for text in examples[:MAX_EXAMPLES]]
    fields = {f"question_{short}": lines[0], f"examples_{short}": "\n".join(lines)}
    masked = mask(answer)
    if masked and len(quote(masked)) <= MAX_ANSWER_BYTES:
        fields[f"answer_{short}"] = masked
    return f"{reverse('admin:knowledge_article_add')}?{urlencode(fields)}"


def mend_addresses(user: Any, slugs: Iterable[str]) -> dict[str, str]:
    """Where these articles are edited; nothing for those who may not."""
    if not user.has_perm("knowledge.change_article"):
        return {}
    rows = Article.objects.filter(slug__in=set(slugs)).values_list("slug", "pk")
    return {slug: reverse("admin:knowledge_article_change", args=[pk]) for slug, pk in rows}


def rule_addresses(user: Any, slugs: Iterable[str]) -> dict[str, str]:
    """Where the keywords and patterns of these articles are edited; nothing for those who may not."""
    return {slug: f"{address}#id_patterns" for slug, address in mend_addresses(user, slugs).items()}


def _line(text: str) -> str:
    return " ".join(mask(text).split())[:QUESTION_CHARS]
