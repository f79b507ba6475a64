"""What the numbers, dates and prices of a text say, in a form that can be compared across notations and languages."""

from __future__ import annotations

import re
from dataclasses import dataclass

from inference.explaining.marks import CODES, CURRENCY_WORDS, DATE, MONTHS, NUMBER, PRICE, SYMBOLS, WEEKDAYS, marks
from inference.explaining.numerals import DIGITS, HAN_NUMERAL, MULTIPLE, value_of

_UNITS = {
    "day": r"(?:working|business|calendar)?[\s-]*days?\b|个?工作日|天|日(?!元)",
    "hour": r"hours?\b|hrs?\b|个?小时|个?钟头",
    "minute": r"minutes?\b|mins?\b|分钟",
    "second": r"seconds?\b|秒",
    "week": r"weeks?\b|周|个?星期|个?礼拜",
    "month": r"(?:calendar\s)?months?\b|个月",
    "year": r"years?\b|年|岁",
    "time": r"times\b|次",
}
_UNIT = re.compile("|".join(f"(?P<{unit}>[\\s-]?(?:{pattern}))" for unit, pattern in _UNITS.items()), re.IGNORECASE)
_NUMERAL = re.compile(rf"(?:{DIGITS}){MULTIPLE}?|{HAN_NUMERAL}", re.IGNORECASE)
_CURRENCY = {
    **SYMBOLS,
    **{code.lower(): {"RMB": "CNY"}.get(code, code) for code in CODES},
    **{word: code for code, words in CURRENCY_WORDS.items() for word in words},
}
_MONTH_NUMBER = {month[:3].lower(): number for number, month in enumerate(MONTHS, start=1)}
_DAYS = {day[:3].lower(): f"weekday {number}" for number, day in enumerate(WEEKDAYS, start=1)}
_HAN_DAYS = {character: f"weekday {number}" for number, character in enumerate("一二三四五六日", start=1)} | {
    "天": "weekday 7"
}


@dataclass(frozen=True, slots=True)
class Said:
    """`parts` are compared: amount and unit of a number or price, year, month and day of a date ("" where unsaid)."""

    kind: str
    start: int
    end: int
    text: str
    parts: tuple[str, ...]

    @property
    def value(self) -> str:
        """For people."""
        return (
            " ".join(part for part in self.parts if part) if self.kind != DATE else "-".join(filter(None, self.parts))
        )

    def borne_out_by(self, other: Said) -> bool:
        """Whether a text that says `other` says this. A unit that one of them leaves out is no contradiction; a part
        of a date that the source does not give is.
        """
        if DATE in (self.kind, other.kind):
            return self.kind == other.kind and all(a in ("", b) for a, b in zip(self.parts, other.parts, strict=True))
        (amount, unit), (other_amount, other_unit) = self.parts, other.parts
        return amount == other_amount and (unit == other_unit or not unit or not other_unit)


def figures(text: str) -> tuple[Said, ...]:
    """The numbers, dates and prices of a text, in order."""
    return tuple(
        Said(mark.kind, mark.start, mark.end, mark.text, _parts(mark.kind, mark.text, text[mark.end : mark.end + 20]))
        for mark in marks(text)
        if mark.kind in (NUMBER, DATE, PRICE)
    )


def _parts(kind: str, text: str, after: str) -> tuple[str, ...]:
    if kind == DATE:
        return _date(text.lower())
    if kind == PRICE:
        return _amount(text), _currency(text)
    return _amount(text), _unit(text, after)


def _amount(text: str) -> str:
    match = _NUMERAL.search(text.removeprefix("百分之"))
    value = value_of(match.group()) if match else value_of(text)
    return text if value is None else f"{value:.10g}"


def _currency(text: str) -> str:
    left = _NUMERAL.sub("", text).strip().lower()
    return _CURRENCY.get(left, left)


def _unit(text: str, after: str) -> str:
    if re.search(r"[%％]|per ?cent|百分之", text, re.IGNORECASE):
        return "%"
    match = _UNIT.match(after)
    return match.lastgroup or "" if match else ""


def _date(text: str) -> tuple[str, str, str]:
    """Year, month and day; or a weekday or a time of day as the last of them."""
    for read in (_weekday, _clock, _han_date, _numeric_date, _english_date):
        found = read(text)
        if found is not None:
            return found
    return "", "", text


def _weekday(text: str) -> tuple[str, str, str] | None:
    if text[:1] in "星礼周":
        return "", "", _HAN_DAYS.get(text[-1], text)
    return ("", "", _DAYS[text[:3]]) if text[:3] in _DAYS and text[3:4].isalpha() else None


def _clock(text: str) -> tuple[str, str, str] | None:
    match = re.fullmatch(
        r"(上午|下午|晚上|早上|中午)?(\S+?)(?::|点|\s?(?=[ap]\.?m))(\d{1,2}|半)?分?\s?([ap])?\.?m?\.?", text
    )
    hour = value_of(match.group(2)) if match else None
    if match is None or hour is None:
        return None
    minute = 30 if match.group(3) == "半" else int(match.group(3) or 0)
    late = match.group(4) == "p" or match.group(1) in ("下午", "晚上")
    return "", "", f"{int(hour) % 12 + 12 if late else int(hour)}:{minute:02}"


def _han_date(text: str) -> tuple[str, str, str] | None:
    match = re.fullmatch(r"(?:(\d{4})年)?(?:(\S+?)月)?(?:(\S+?)[日号])?", text)
    return None if match is None else (match.group(1) or "", _whole(match.group(2)), _whole(match.group(3)))


def _numeric_date(text: str) -> tuple[str, str, str] | None:
    numbers = re.findall(r"\d+", text)
    if len(numbers) != 3 or re.search(r"[a-z]", text):
        return None
    if len(numbers[0]) == 4:
        return numbers[0], _whole(numbers[1]), _whole(numbers[2])
    # Day first, as everywhere but in the United States, unless that makes no date.
    day, month = reversed(numbers[:2]) if int(numbers[1]) > 12 else numbers[:2]
    return numbers[2], _whole(month), _whole(day)


def _english_date(text: str) -> tuple[str, str, str] | None:
    month = re.search("|".join(_MONTH_NUMBER), text)
    if month is None:
        return None
    year, day = re.search(r"\d{4}", text), re.search(r"(?<!\d)\d{1,2}(?!\d)", text)
    return (
        year.group() if year else "",
        str(_MONTH_NUMBER[month.group()]),
        _whole(day.group()) if day else "",
    )


def _whole(text: str | None) -> str:
    value = value_of(text) if text else None
    return text or "" if value is None else f"{value:.0f}"
