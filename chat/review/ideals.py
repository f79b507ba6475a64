"""Ideal answers: what to begin from, what is left over in one, and how it differs from what was said."""

from __future__ import annotations

import re
from dataclasses import dataclass

from asgiref.sync import async_to_sync
from django.utils.translation import gettext as _

from chat.enums import Language
from chat.knowledge.differences import Piece, text_changes
from chat.knowledge.queries import Titles, published_texts
from chat.language import guess_language
from chat.models import Message
from chat.review.enums import IdealSource
from inference import knowledge
from inference.rules import engine_of

MAX_CHARS = 8_000
VERSIONS = 3

_LEFT_OVER = re.compile(
    r"\{[^{}\n]*\}|\[[^\]\n]{0,60}\](?!\()|<[^<>\n]{1,60}>|\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}[^\n]{0,40}?"
    r"\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}|\b(?:TODO|TBD|FIXME|XX+|lorem ipsum)\b|\?\?\?|待补|待定|此处填写",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Beginning:
    """A text to begin from."""

    source: IdealSource
    label: str
    text: str


def language_of(answer: Message) -> Language:
    """The language of the question, which an answer keeps."""
    return guess_language(_question(answer), Language(answer.conversation.language))


def beginnings(answer: Message) -> list[Beginning]:
    """The articles that it cites, what the rules answer, other versions, and the answer itself; each text once."""
    language = language_of(answer)
    cited = _articles(_cited(answer), IdealSource.ARTICLE, language)
    ruled = _articles(_by_rules(answer, language), IdealSource.RULES, language)
    found = [*cited, *ruled, *_versions(answer), Beginning(IdealSource.ANSWER, _("This answer"), answer.content)]
    return list({one.text: one for one in reversed(found)}.values())[::-1]


def problems(text: str, answer: Message) -> list[str]:
    """What is wrong with an ideal answer, in sentences."""
    found = []
    if left := _LEFT_OVER.search(text):
        found.append(_("Something is left over in the ideal answer: %(text)s") % {"text": left[0]})
    language = language_of(answer)
    if guess_language(text, language) != language:
        found.append(_("The ideal answer is in another language than the question."))
    if len(text) > MAX_CHARS:
        found.append(_("The ideal answer is too long: at most %(n)d characters.") % {"n": MAX_CHARS})
    return found


def difference(text: str, said: str) -> list[list[Piece]]:
    """Line by line, what was said and what should have been."""
    return text_changes(said[:MAX_CHARS], text[:MAX_CHARS])


def _question(answer: Message) -> str:
    return answer.parent.content if answer.parent else ""


def _cited(answer: Message) -> list[str]:
    record = getattr(answer, "generation", None)
    return [slug for slug in (record.sources if record else []) if not slug.startswith("-")]


def _by_rules(answer: Message, language: Language) -> list[str]:
    slug = engine_of(async_to_sync(knowledge.current)()).decide(_question(answer)[:2000], str(language)).slug
    return [] if slug.startswith("-") else [slug]


def _articles(slugs: list[str], source: IdealSource, language: Language) -> list[Beginning]:
    texts, titles = published_texts(slugs), Titles(slugs)
    return [
        Beginning(source, f"{source.label}: {titles.of(slug, language)}", texts[slug][language].answer)
        for slug in slugs
        if language in texts.get(slug, {})
    ]


def _versions(answer: Message) -> list[Beginning]:
    others = Message.objects.filter(parent=answer.parent_id, role=answer.role).exclude(pk=answer.pk).exclude(content="")
    texts = others.order_by("-pk").values_list("content", flat=True)[:VERSIONS] if answer.parent_id else []
    return [Beginning(IdealSource.VERSION, str(IdealSource.VERSION.label), text) for text in texts]
