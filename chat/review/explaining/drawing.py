"""Probabilities, shares and changes as steps and bars: classes and attributes, for a page without inline styles."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inference.explaining.views import Mark, Share, Token, Tokens, Word

# From which probability on a word is drawn in step 0, 1, 2 and 3; below the last one it is in step 4.
STEPS = (0.9, 0.5, 0.2, 0.05)
WIDTH = 160  # of a bar's drawing, in its own units
SHADES = 10
MARKS = {
    "number": gettext_lazy("Numbers"),
    "date": gettext_lazy("Dates"),
    "price": gettext_lazy("Prices"),
    "name": gettext_lazy("Names"),
    "url": gettext_lazy("Links"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A word in the answer's text: what is around it, how likely it was, and what it is marked as."""

    lead: str
    text: str
    tail: str
    index: int
    step: int
    percent: str
    control: bool
    mark: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar from the middle: to the left what an answer loses, to the right what it gains."""

    x: float
    width: float
    loss: bool


def step(probability: float) -> int:
    """0 for a word that was all but certain, 4 for one that was very unlikely."""
    return sum(probability < bound for bound in STEPS)


def percent(probability: float | None) -> str:
    """A probability as people read it."""
    if probability is None:
        return "–"
    if 0 < probability < 0.001:
        return _("under %(n)s%%") % {"n": number_format(0.1, 1)}
    places = 1 if 0 < probability < 0.1 or 0.99 < probability < 0.9995 else 0
    return f"{number_format(round(100 * probability, places), places)}%"  # which by itself would cut, not round


def legend() -> list[tuple[int, str]]:
    """The steps in words."""
    bounds = [f"{bound:.0%}" for bound in STEPS]
    between = [f"{low}–{high}" for high, low in itertools.pairwise(bounds)]
    first, last = _("%(n)s or more") % {"n": bounds[0]}, _("under %(n)s") % {"n": bounds[-1]}
    return list(enumerate([first, *between, last]))


def words(view: Tokens) -> list[Shown]:
    """The answer's words in order; together with what is around them they are its text."""
    return [_shown(index, word, view.marks) for index, word in enumerate(view.words)]


def _shown(index: int, word: Word, marks: Sequence[Mark]) -> Shown:
    mark = next((one.kind for one in marks if one.start < word.end and word.start < one.end), "")
    lead, text, tail = around(word.text)
    if not text:  # white space by itself
        lead, text, tail = "", "␣" if "\n" not in word.text else "⏎", word.text
    drawn = (step(word.probability), percent(word.probability), word.control)
    return Shown(lead, text, tail, index, *drawn, "" if word.control else mark)


def around(text: str) -> tuple[str, str, str]:
    """White space before, the text, white space after."""
    core = text.strip()
    if not core:
        return text, "", ""
    start = text.index(core)
    return text[:start], core, text[start + len(core) :]


def doubtful(view: Tokens, most: int = 8) -> list[dict[str, Any]]:
    """The words that the model was least sure of, each with what it held to be likeliest in its place."""
    said = sorted((word for word in view.words if not word.control), key=lambda word: word.probability)
    found = []
    unsure = [word for word in said if word.probability < STEPS[0]]
    for word in unsure[:most]:
        token = min(view.tokens[word.first : word.last + 1], key=lambda one: one.probability)
        instead = next((one for one in token.top if one.token_id != token.token_id), None)
        shares = (percent(word.probability), percent(instead.probability) if instead else "–")
        found.append(
            {"word": word.text.strip() or "␣", "rank": token.rank, "share": shares[0], "step": step(word.probability)}
            | {"instead": instead.text if instead else "–", "instead_share": shares[1]}
        )
    return found


def marked(marks: Sequence[Mark]) -> list[tuple[str, list[str]]]:
    """What of the answer is a number, a date, a name and so on."""
    found = {kind: list(dict.fromkeys(mark.text for mark in marks if mark.kind == kind)) for kind in MARKS}
    return [(str(MARKS[kind]), texts) for kind, texts in found.items() if texts]


def named(text: str) -> str:
    """A part of the answer in a sentence."""
    return text.strip() or text.replace("\n", "⏎").replace(" ", "␣") or "–"


def details(view: Tokens) -> dict[str, Any]:
    """What the page shows of a word that is pointed at."""
    return {"words": [[word.first, word.last] for word in view.words], "tokens": [_detail(one) for one in view.tokens]}


def _detail(token: Token) -> dict[str, Any]:
    top = [[one.text, percent(one.probability), one.token_id == token.token_id] for one in token.top]
    return {"text": token.text, "share": percent(token.probability), "rank": token.rank, "top": top}


def bars(values: Sequence[float | None]) -> list[Bar | None]:
    """On one scale."""
    most = max((abs(value) for value in values if value is not None), default=0.0) or 1.0
    return [None if value is None else _bar(value / most) for value in values]


def _bar(share: float) -> Bar:
    half = WIDTH / 2
    length = round(abs(share) * half, 1)
    return Bar(round(half - length, 1) if share < 0 else half, length, share < 0)


def shade(share: float) -> int:
    """One of eleven shades."""
    return max(0, min(SHADES, math.ceil(SHADES * share - 0.5)))


def signed(shares: Sequence[Share], steps: int = 4) -> list[dict[str, Any]]:
    """Words with the side that they spoke for, in steps; the strongest word has the most."""
    most = max((abs(one.score) for one in shares), default=0.0) or 1.0
    found = []
    for one in shares:
        strength = round(steps * abs(one.score) / most)
        side = "" if not strength else "for" if one.score > 0 else "against"
        lead, text, tail = around(one.text)
        found.append(
            {"lead": lead, "text": text or "␣", "tail": tail, "side": side, "strength": strength, "score": one.score}
            | {"control": one.control, "in_answer": one.in_answer}
        )
    return found


def strongest(drawn: Sequence[dict[str, Any]], side: str, most: int = 6) -> list[dict[str, Any]]:
    """The words that spoke most for one side."""
    known = [one for one in drawn if one["side"] == side]
    return sorted(known, key=lambda one: -abs(one["score"]))[:most]
