"""Numbers, dates, prices, names and URLs in a text, in English and Chinese, by regular expressions.

What is found first keeps its characters: a URL before a price, a price before a date, a date before a number.
Conservative: an unmarked name costs a reader less than every sentence's first word in colour.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from inference.explaining.numerals import DIGITS, ENGLISH_WORDS, HAN_NUMERAL, MULTIPLE
from inference.explaining.views import Mark
from inference.retrieval.text import HAN

URL, PRICE, DATE, NUMBER, NAME = "url", "price", "date", "number", "name"

SYMBOLS = {"£": "GBP", "€": "EUR", "$": "USD", "¥": "CNY", "￥": "CNY", "₹": "INR"}
CODES = ("GBP", "EUR", "USD", "CNY", "RMB", "JPY", "INR", "CHF")
CURRENCY_WORDS = {
    "GBP": ("pound", "pounds", "英镑", "镑"),
    "EUR": ("euro", "euros", "欧元", "欧"),
    "USD": ("dollar", "dollars", "美元", "美金"),
    "CNY": ("yuan", "人民币", "元", "块钱", "块"),
    "JPY": ("yen", "日元"),
    "INR": ("rupee", "rupees", "卢比"),
    "CHF": ("franc", "francs", "瑞士法郎"),
}
_YEAR = "January February March April May June July August September October November December"
MONTHS = _YEAR.split()
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
# Before which a Chinese numeral is a number: alone it is as often a part of another word. 一 is an article, like "one".
MEASURES = "个工作日|工作日|个小时|小时|分钟|个月|秒|天|日|周|年|岁|次|笔|张|倍|位|名|项|种|个|步|美分"

_NUM = rf"(?:(?:{DIGITS}){MULTIPLE}?)"
_WORDS = "|".join(sorted((w for ws in CURRENCY_WORDS.values() for w in ws), key=len, reverse=True))
_HAN_CURRENCY = "|".join(
    sorted((w for ws in CURRENCY_WORDS.values() for w in ws if not w.isascii()), key=len, reverse=True)
)
_MONTH = "|".join([*MONTHS, *(f"{month[:3]}\\.?" for month in MONTHS if month != "May"), "Sept\\.?"])
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_HAN_DAY = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})"
_FROM_TWO = "|".join(word for word, value in ENGLISH_WORDS.items() if value > 1)
_NO_LETTER = r"(?![A-Za-z\d])"
_NEW_WORD = r"(?<![A-Za-z\d.])"

_PATTERNS: dict[str, re.Pattern[str]] = {
    URL: re.compile(
        rf"(?:https?://|www\.)[^\s{HAN}，。；）)\]]+"
        rf"|\b[a-z\d][\w-]*(?:\.[\w-]+)*\.(?:com|org|net|io|cn|co\.uk|eu|app|info)\b(?:/[^\s{HAN}，。；）)\]]*)?",
        re.IGNORECASE,
    ),
    PRICE: re.compile(
        rf"(?:[£€$¥￥₹]|\b(?:{'|'.join(CODES)}))\s?{_NUM}"
        rf"|{_NEW_WORD}{_NUM}\s?(?:(?:{'|'.join(CODES)})\b|(?:{_WORDS}){_NO_LETTER}|[£€])"
        rf"|{HAN_NUMERAL}(?:{_HAN_CURRENCY})",
        re.IGNORECASE,
    ),
    DATE: re.compile(
        rf"{_NEW_WORD}\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}{_NO_LETTER}"
        rf"|{_NEW_WORD}\d{{1,2}}/\d{{1,2}}/\d{{4}}{_NO_LETTER}"
        rf"|\b{_DAY}(?:\s+of)?\s+(?:{_MONTH})(?:,?\s+\d{{4}})?{_NO_LETTER}"
        rf"|\b(?:{_MONTH})\s+{_DAY}{_NO_LETTER}(?:,?\s+\d{{4}}{_NO_LETTER})?"
        rf"|\b(?:{_MONTH})\s+\d{{4}}{_NO_LETTER}"
        rf"|\d{{4}}年(?:{_HAN_DAY}月(?:{_HAN_DAY}[日号])?)?"
        rf"|{_HAN_DAY}月(?:{_HAN_DAY}[日号])?"
        rf"|\b(?:{'|'.join(WEEKDAYS)})s?\b"
        r"|(?:星期|礼拜)[一二三四五六日天]|周[一二三四五六日](?![次个天回般年])"
        rf"|{_NEW_WORD}\d{{1,2}}:\d{{2}}(?:\s?[ap]\.?m\b\.?)?"
        rf"|{_NEW_WORD}\d{{1,2}}\s?[ap]\.?m\b\.?"
        rf"|(?:上午|下午|晚上|早上|中午)?{_HAN_DAY}点(?:\d{{1,2}}分|半)?(?![儿])",
        re.IGNORECASE,
    ),
    NUMBER: re.compile(
        rf"{_NEW_WORD}{_NUM}(?:\s?[%％]|\s?per ?cent\b|(?:st|nd|rd|th)\b)?(?![A-Za-z])"
        rf"|百分之(?:{HAN_NUMERAL}|{DIGITS})"
        rf"|(?!一(?:{MEASURES})){HAN_NUMERAL}(?=(?:{MEASURES}))"
        rf"|\b(?:{_FROM_TWO}|one(?=\s(?:hundred|thousand)))"
        rf"(?:[\s-](?:{'|'.join(ENGLISH_WORDS)}|hundred|thousand|million))*\b",
        re.IGNORECASE,
    ),
}

_CAPITAL = r"[A-Z][A-Za-z\d&’'-]*"
_NAME = re.compile(rf"(?<![A-Za-z\d]){_CAPITAL}(?:\s(?:of\s|and\s)?{_CAPITAL})*")
_SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭"
    "陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_HAN_NAME = re.compile(rf"《[^》]{{1,40}}》|[{_SURNAMES}][{HAN}]{{0,2}}?(?:先生|女士|小姐|经理|医生)")
# Capital letters that are no name: the pronoun, and words that sentences and steps begin with.
_BEGINNINGS = """
I I'm I'll I've I'd Please The A An If You Your We Our They Their It Its This That These Those There Then To In On At
For From By With As And But Or So No Not Yes When Where What Who Why How Once After Before Until While Hello Hi Thanks
Thank Sorry Good Open Choose Check Go Tap Select Do Does Is Are Was Can May Will Should Must
"""
_NO_NAMES = frozenset(_BEGINNINGS.split())
_LIST_NUMBER = re.compile(r"^[ \t]*\d{1,2}[.)、．](?=\s|\D)", re.MULTILINE)
_SENTENCE_END = frozenset('.!?。！？:：\n-*•("“')


def marks(text: str) -> tuple[Mark, ...]:
    """What stands out in the text, in order and without overlaps. The numbers of a list are not marked."""
    taken = [match.span() for match in _LIST_NUMBER.finditer(text)]
    found: list[Mark] = []
    for kind, spans in _finders():
        for start, end in spans(text):
            if all(end <= a or start >= b for a, b in taken):
                taken.append((start, end))
                found.append(Mark(kind, start, end, text[start:end]))
    return tuple(sorted(found, key=lambda mark: mark.start))


def _finders() -> Iterable[tuple[str, Callable[[str], Iterator[tuple[int, int]]]]]:
    for kind, pattern in _PATTERNS.items():
        yield kind, lambda text, pattern=pattern: (_trimmed(match) for match in pattern.finditer(text))  # type: ignore[misc]
    yield NAME, _names


def _trimmed(match: re.Match[str]) -> tuple[int, int]:
    """Without the full stop that ends the sentence."""
    start, end = match.span()
    whole = match.group()
    return start, end - (len(whole) - len(whole.rstrip(".,;:!?'\" "))) if whole[-1] in ".,;:!?'\" " else end


def _names(text: str) -> Iterator[tuple[int, int]]:
    yield from (match.span() for match in _HAN_NAME.finditer(text))
    for match in _NAME.finditer(text):
        start, words = match.start(), match.group().split(" ")
        while words and words[0] in _NO_NAMES:
            start += len(words.pop(0)) + 1
        if words and not _first_word_alone(text, start, words):
            yield start, start + len(" ".join(words))


def _first_word_alone(text: str, start: int, words: list[str]) -> bool:
    """Whether it is capital only because a sentence begins with it; "SEPA" and "eBay" are names anywhere."""
    if len(words) > 1 or any(letter.isupper() for letter in words[0][1:]):
        return False
    before = text[:start].rstrip(' \t*_[("“')
    return not before or before[-1] in _SENTENCE_END
