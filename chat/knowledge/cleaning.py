"""What an article may be: tidied up, bounded, and refused with a sentence for each fault.

The form, the import and every other writer come by here, because the actions store nothing else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from chat.enums import Language
from chat.knowledge.drafts import ArticleDraft, TextDraft
from chat.knowledge.lines import write_keywords
from chat.knowledge.patterns import check_pattern
from inference.knowledge import Keyword

MAX_SLUG_CHARS = 80
TAKEN = {"search"}  # addresses below /help/ that are no articles
MAX_QUESTION_CHARS = 200
MAX_ANSWER_CHARS = 8_000
MAX_LIST_CHARS = 30_000  # a cell of a spreadsheet holds 32,767
MAX_WEIGHT = 100.0
# name: (how many, characters of each)
LISTS = {"tags": (10, 40), "examples": (300, 500), "keywords": (300, 80), "patterns": (30, 200)}

SHORT = {Language.ENGLISH: "en", Language.CHINESE: "zh"}  # in names of fields and columns
_SLUG = re.compile(r"[a-zA-Z0-9_-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]|[\ud800-\udfff]")

Problems = dict[str, list[str]]


def clean_draft(draft: ArticleDraft, *, new: bool = False) -> ArticleDraft:
    """The draft without stray spaces and repeated lines; ValidationError by field name for what is wrong with it."""
    problems: Problems = {}
    texts = {
        language: text
        for language in Language
        if (text := _text(draft.texts.get(language), SHORT[language], problems)) is not None
    }
    if not texts and not problems:
        problems["question_en"] = [_("Write a question and its answer, in one language at least.")]
    if new:
        _collect(problems, "slug", _check_slug, draft.slug)
    tags = _lines(draft.tags, "tags", "tags", problems)
    keywords = _keywords(draft.keywords, problems)
    patterns = _lines(draft.patterns, "patterns", "patterns", problems)
    for pattern in patterns[: LISTS["patterns"][0]]:
        _collect(problems, "patterns", check_pattern, pattern)
    if problems:
        raise ValidationError(problems)
    return replace(draft, texts=texts, tags=tags, keywords=keywords, patterns=patterns)


def _check_slug(slug: str) -> None:
    if not _SLUG.fullmatch(slug) or len(slug) > MAX_SLUG_CHARS:
        raise ValidationError(
            _("A slug has letters (a to z), digits, - and _ only, and at most %(limit)d of them.")
            % {"limit": MAX_SLUG_CHARS}
        )
    if slug in TAKEN:
        raise ValidationError(_("The help pages need this slug for themselves."))


def _text(text: TextDraft | None, short: str, problems: Problems) -> TextDraft | None:
    """One language; None when nothing is written in it."""
    if text is None:
        return None
    question = _plain(text.question, f"question_{short}", MAX_QUESTION_CHARS, problems)
    if "\n" in question:
        problems.setdefault(f"question_{short}", []).append(_("The question is one line."))
    answer = _plain(text.answer, f"answer_{short}", MAX_ANSWER_CHARS, problems)
    examples = _lines(text.example_questions, "examples", f"examples_{short}", problems)
    if not question and not answer and not examples:
        return None
    for name, value in (("question", question), ("answer", answer)):
        if not value:
            message = _("Write it, or leave everything of this language empty.")
            problems.setdefault(f"{name}_{short}", []).append(message)
    return TextDraft(question, answer, examples)


def _plain(text: str, field: str, limit: int, problems: Problems) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    _collect(problems, field, _check_characters, text)
    if len(text) > limit:
        numbers = {"limit": limit, "length": len(text)}
        message = _("At most %(limit)d characters; these are %(length)d.") % numbers
        problems.setdefault(field, []).append(message)
    return text


def _check_characters(text: str) -> None:
    found = _CONTROL.search(text)
    if found:
        code = f"U+{ord(found[0]):04X}"
        raise ValidationError(_("There is an invisible control character (%(code)s) in it.") % {"code": code})


def _lines(values: Iterable[str], kind: str, field: str, problems: Problems) -> tuple[str, ...]:
    lines = tuple(dict.fromkeys(line for value in values for line in [value.strip()] if line))
    count, length = LISTS[kind]
    found: list[str] = []
    if len(lines) > count:
        found.append(_("At most %(limit)d lines; these are %(count)d.") % {"limit": count, "count": len(lines)})
    too_long = next((line for line in lines if len(line) > length), None)
    if too_long:
        found.append(_("A line has at most %(limit)d characters: %(line)s…") % {"limit": length, "line": too_long[:40]})
    if sum(map(len, lines)) + len(lines) > MAX_LIST_CHARS:
        found.append(_("At most %(limit)d characters in all.") % {"limit": MAX_LIST_CHARS})
    if any("\n" in line or "\r" in line for line in lines):
        found.append(_("Each of them is one line."))
    if found:
        problems.setdefault(field, []).extend(found)
    else:
        _collect(problems, field, _check_characters, "".join(lines))
    return lines


def _keywords(keywords: Iterable[Keyword], problems: Problems) -> tuple[Keyword, ...]:
    """With the words tidied; the last weight of a word counts."""
    weights = {keyword.text.strip(): float(keyword.weight) for keyword in keywords}
    words = _lines(weights, "keywords", "keywords", problems)
    for word in words:
        if not math.isfinite(weights[word]) or not 0 < abs(weights[word]) <= MAX_WEIGHT:
            message = _("The weight of %(word)s must be between -%(limit)d and %(limit)d, and not 0.")
            problems.setdefault("keywords", []).append(message % {"word": word[:40], "limit": int(MAX_WEIGHT)})
    found = tuple(Keyword(word, weights[word]) for word in words)
    if len(write_keywords(found)) > MAX_LIST_CHARS:
        problems.setdefault("keywords", []).append(
            _("At most %(limit)d characters in all.") % {"limit": MAX_LIST_CHARS}
        )
    return found


def _collect(problems: Problems, field: str, check: Callable[[str], None], value: str) -> None:
    try:
        check(value)
    except ValidationError as error:
        problems.setdefault(field, []).extend(error.messages)
