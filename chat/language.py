"""Which of the two languages a text is in, by the share of Chinese characters among its letters, or a page."""

from __future__ import annotations

from django.utils.translation import get_language

from chat.enums import Language

CHINESE_SHARE = 0.2  # one Chinese character says as much as several Latin letters


def guess_language(text: str, default: Language = Language.ENGLISH) -> Language:
    """The language of `text`; `default` when it has no letters at all."""
    letters = [character for character in text if character.isalpha()]
    if not letters:
        return default
    chinese = sum(_is_chinese(character) for character in letters)
    return Language.CHINESE if chinese >= CHINESE_SHARE * len(letters) else Language.ENGLISH


def page_language() -> Language:
    """The language of the page that is being made."""
    return Language.CHINESE if (get_language() or "").startswith("zh") else Language.ENGLISH


def _is_chinese(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or "\uf900" <= character <= "\ufaff" or character >= "\U00020000"
