"""Finding e-mail addresses, phone, card, account and identity numbers in a text, and writing a word in their place.

Patterns find candidates, and a check of its own decides on each: a checksum, or for phone numbers the numbering plans
of the phonenumbers library. So amounts, dates and most order numbers stay as they are. Names are not found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import lru_cache
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

KEPT = 4096  # texts whose findings are remembered, by hash
OPEN, CLOSE = "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}", "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"


class Kind(StrEnum):
    """What was found."""

    EMAIL = "email"
    IBAN = "iban"
    IDENTITY = "identity"
    CARD = "card"
    PHONE = "phone"


LABELS: dict[Kind, Promise] = {
    Kind.EMAIL: _("e-mail address"),
    Kind.IBAN: _("account number"),
    Kind.IDENTITY: _("identity number"),
    Kind.CARD: _("card number"),
    Kind.PHONE: _("phone number"),
}

Span = tuple[int, int, Kind]

# Full-width forms, and the dashes and spaces that people put into numbers, as one ASCII character each.
_PLAIN = {ord("０") + digit: ord("0") + digit for digit in range(10)}
_PLAIN |= {
    ord(wide): ord(plain) for wide, plain in zip("＠＋（）．Ｘｘ　\u00a0\u2009\u202f", "@+().Xx    ", strict=True)
}
_PLAIN |= {ord(dash): ord("-") for dash in "\u2010\u2011\u2012\u2013\u2014\u2212－"}

# Never inside a longer word or number. Chinese characters are no part of either: nobody puts a space before a number.
_START, _END = r"(?<![0-9A-Za-z_])(?<!\d[.,])", r"(?![0-9A-Za-z_])(?![.,]\d)"
_EMAIL = re.compile(
    r"[0-9A-Za-z\u00c0-\u024f.!#$%&'*+/=?^_`{|}~-]{1,64}@"
    r"(?:[0-9A-Za-z\u00c0-\u024f](?:[0-9A-Za-z\u00c0-\u024f-]{0,61}[0-9A-Za-z\u00c0-\u024f])?\.){1,8}[A-Za-z]{2,24}"
)
_IBAN = re.compile(
    _START + r"[A-Za-z]{2}\d{2}(?:[A-Za-z0-9]{11,30}|(?: [A-Za-z0-9]{4}){2,7}(?: [A-Za-z0-9]{1,3})?)" + _END
)
_CHINESE_ID = re.compile(_START + r"\d{6}[ -]?\d{8}[ -]?\d{3}[\dXx]" + _END)
_INSURANCE = re.compile(_START + r"[A-CEGHJ-PR-TW-Za-ceghj-pr-tw-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-Da-d]" + _END)
_CARD = re.compile(
    _START + r"[3-6]\d{3}(?:[ -]?\d{2,6}){2,4}" + _END + r"|" + _START + r"2[2-7]\d\d(?:[ -]?\d{4}){3}" + _END
)
_ABROAD = re.compile(r"(?<![0-9A-Za-z_+])(?:\+|00)[1-9](?:[ ().-]{0,2}\d){6,14}" + _END)
_CHINA = re.compile(_START + r"(?:86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}" + _END)
_NATIONAL = re.compile(_START + r"\(?0\d{2,4}\)?(?:[ -]?\d{2,8}){1,3}" + _END)

_IBAN_LENGTHS = {
    **{"AD": 24, "AE": 23, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20},
    **{"ES": 24, "FI": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IS": 26},
    **{"IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25},
    **{"QA": 29, "RO": 24, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TR": 26, "UA": 29, "BR": 29, "KW": 30},
}
_CARD_KINDS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[68]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}|6(?:011|4[4-9]\d|5\d\d)\d{12}|62\d{14,17}|(?:5[0678]|6)\d{11,18}"
)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def mask(text: str) -> str:
    """The text with a word in the active language in place of each finding."""
    parts, at = [], 0
    for start, end, kind in findings(text):
        parts += [text[at:start], OPEN, str(LABELS[kind]), CLOSE]
        at = end
    return "".join([*parts, text[at:]]) if at else text


def mask_all(value: Any) -> Any:
    """The same for every text inside lists and dictionaries."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, list):
        return [mask_all(item) for item in value]
    return {key: mask_all(item) for key, item in value.items()} if isinstance(value, dict) else value


def findings(text: str) -> tuple[Span, ...]:
    """Where personal data stands, from left to right, without overlaps."""
    plain = text.translate(_PLAIN)
    if "@" not in plain and sum(map(str.isdigit, plain)) < 6:
        return ()
    return _findings(plain)


@lru_cache(KEPT)
def _findings(plain: str) -> tuple[Span, ...]:
    taken: list[Span] = []
    for start, end, kind in _candidates(plain):
        if all(end <= other[0] or start >= other[1] for other in taken):
            taken.append((start, end, kind))
    return tuple(sorted(taken))


def _candidates(text: str) -> Iterator[Span]:
    for kind, pattern, check in _FINDERS:
        for match in pattern.finditer(text):
            length = check(match[0])
            if length:
                yield match.start(), match.start() + length, kind


def _email(found: str) -> int:
    return len(found)


def _iban(found: str) -> int:
    """What follows with a space may be the next word: so it is as long as its country says."""
    wanted, seen = _IBAN_LENGTHS.get(found[:2].upper(), 0), 0
    for length, letter in enumerate(found, start=1):
        seen += letter != " "
        if seen == wanted:
            return length if _divides_97(found[:length].replace(" ", "").upper()) and wanted else 0
    return 0


def _divides_97(iban: str) -> bool:
    return int("".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])) % 97 == 1


def _chinese_id(found: str) -> int:
    """Eighteen characters: a district, a birthday, a number, and a checksum by ISO 7064."""
    digits = re.sub("[ -]", "", found).upper()
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, digits, strict=False))
    born = "1850" <= digits[6:10] <= "2100" and "01" <= digits[10:12] <= "12" and "01" <= digits[12:14] <= "31"
    return len(found) if born and digits[17] == "10X98765432"[total % 11] else 0


def _insurance(found: str) -> int:
    """A British one; these letters were never given out."""
    return 0 if found[:2].upper() in {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"} else len(found)


def _card(found: str) -> int:
    digits = re.sub("[ -]", "", found)
    return len(found) if _CARD_KINDS.fullmatch(digits) and _luhn(digits) else 0


def _luhn(digits: str) -> bool:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def _abroad(found: str) -> int:
    number = "+" + found.removeprefix("00").lstrip("+")
    return len(found) if _is_phone(number, None) else 0


def _china(found: str) -> int:
    return len(found) if _is_phone(found, "CN") else 0


def _national(found: str) -> int:
    return len(found) if _is_phone(found, "GB") or _is_phone(found, "CN") else 0


def _is_phone(number: str, region: str | None) -> bool:
    """Whether somebody may have this number; a company's free or shared-cost line belongs to nobody."""
    import phonenumbers
    from phonenumbers import PhoneNumberType

    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return False
    of_companies = {
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.UAN,
    }
    return phonenumbers.is_valid_number(parsed) and phonenumbers.number_type(parsed) not in of_companies


# The first that fits has it: an identity number has the digits of many a card.
_FINDERS: tuple[tuple[Kind, re.Pattern[str], Callable[[str], int]], ...] = (
    (Kind.EMAIL, _EMAIL, _email),
    (Kind.IBAN, _IBAN, _iban),
    (Kind.IDENTITY, _CHINESE_ID, _chinese_id),
    (Kind.IDENTITY, _INSURANCE, _insurance),
    (Kind.CARD, _CARD, _card),
    (Kind.PHONE, _ABROAD, _abroad),
    (Kind.PHONE, _CHINA, _china),
    (Kind.PHONE, _NATIONAL, _national),
)
