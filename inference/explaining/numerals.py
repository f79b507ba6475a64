"""Numbers as they are written in English and Chinese, as values."""

from __future__ import annotations

import re

HAN_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_HAN_UNITS = {"十": 10, "百": 100, "千": 1000}
_MULTIPLES = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "万": 10_000, "亿": 100_000_000, "千": 1000}
_TO_TWENTY = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen twenty
"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
ENGLISH_WORDS = {word: value for value, word in enumerate(_TO_TWENTY.split())} | {
    word: 10 * value for value, word in enumerate(_TENS.split(), start=2)
}

DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
HAN_NUMERAL = r"[零〇一二两三四五六七八九十百千万]+"
MULTIPLE = r"(?:\s?(?:hundred|thousand|million)\b|[千万亿])"
_DIGITS = re.compile(rf"({DIGITS})({MULTIPLE})?", re.IGNORECASE)


def value_of(text: str) -> float | None:
    """The value of "1,000.5", "5万", "two thousand", "三十五"; None when it is none of these."""
    text = text.strip().lower()
    match = _DIGITS.fullmatch(text)
    if match:
        multiple = (match.group(2) or "").strip()
        return float(match.group(1).replace(",", "")) * _MULTIPLES.get(multiple, 1)
    if text and set(text) <= HAN_DIGITS.keys() | _HAN_UNITS.keys() | {"万"}:
        return float(_han(text))
    return _english(text)


def _han(text: str) -> int:
    if "万" in text:
        before, after = text.split("万", 1)
        return (_han(before) or 1) * 10_000 + _han(after)
    if not set(text) & _HAN_UNITS.keys():
        return int("".join(str(HAN_DIGITS[character]) for character in text) or 0)
    total, digit = 0, 0
    for character in text:
        if character in HAN_DIGITS:
            digit = HAN_DIGITS[character]
        else:
            total, digit = total + (digit or 1) * _HAN_UNITS[character], 0
    return total + digit


def _english(text: str) -> float | None:
    total = 0.0
    for word in re.split(r"[\s-]+", text):
        if word in ENGLISH_WORDS:
            total += ENGLISH_WORDS[word]
        elif word in _MULTIPLES and total:
            total *= _MULTIPLES[word]
        else:
            return None
    return total
