"""Questions as people type them: small damage to a question, never to an answer.

Everything random comes from the generator that is passed in, so that a resumed run sees the same rows.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

_HAN = re.compile(r"[\u4e00-\u9fff]")
_PUNCTUATION = re.compile(r"[.,!?;:'\"，。！？；：、“”‘’…~]")
_FILLERS = re.compile(r"你好[，,]?|您好[，,]?|请问一下|请问|一下|吗|呢|啊|呀|吧|了|那个|我想知道|麻烦")
_OPENERS_EN = ("hi, ", "hello, ", "hey ", "please help, ", "um ", "sorry, ", "quick question: ")
_OPENERS_ZH = ("你好，", "您好，", "请问", "请问一下，", "那个，", "麻烦问下，", "客服，")
_KEYS = "abcdefghijklmnopqrstuvwxyz"


def augment(text: str, rng: random.Random) -> str:
    """One or two random changes; the text itself if nothing of it would be left."""
    changes = _CHINESE if _HAN.search(text) else _ENGLISH
    changed = text
    for change in rng.sample(changes, 1 if rng.random() < 0.6 else 2):
        changed = change(changed, rng).strip()
    return changed or text


def _typo(text: str, rng: random.Random) -> str:
    """Swap, drop, double or replace one letter (two in a long question)."""
    for _ in range(1 + (len(text) > 50)):
        spots = [i for i in range(len(text) - 1) if text[i].isalpha() and text[i + 1].isalpha()]
        if spots:
            text = _hit(text, rng.choice(spots), rng)
    return text


def _hit(text: str, at: int, rng: random.Random) -> str:
    pair = text[at : at + 2]
    return text[:at] + rng.choice((pair[::-1], pair[1], pair[0] + pair, rng.choice(_KEYS) + pair[1])) + text[at + 2 :]


def _drop_words(text: str, rng: random.Random) -> str:
    words = text.split()
    kept = [word for word in words if rng.random() > 0.12]
    return " ".join(kept) if len(kept) >= max(3, 0.6 * len(words)) else text


def _swap_words(text: str, rng: random.Random) -> str:
    words = text.split()
    if len(words) > 3:
        at = rng.randrange(len(words) - 1)
        words[at], words[at + 1] = words[at + 1], words[at]
    return " ".join(words)


def _drop_characters(text: str, rng: random.Random) -> str:
    kept = "".join(letter for letter in text if rng.random() > 0.08)
    return kept if len(kept) >= 4 else text


def _swap_characters(text: str, rng: random.Random) -> str:
    if len(text) < 5:
        return text
    at = rng.randrange(len(text) - 1)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _cut(text: str, rng: random.Random) -> str:
    """Only one clause of a long Chinese question, or all but one."""
    clauses = [clause for clause in re.split(r"[，。！？；,]", text) if len(clause) > 3]
    if len(clauses) < 2 or len(text) < 14:
        return text
    clauses.pop(rng.randrange(len(clauses)))
    return "，".join(clauses)


def _lower(text: str, rng: random.Random) -> str:
    return text.lower() if rng.random() < 0.9 else text.upper()


def _strip(text: str, rng: random.Random) -> str:
    return _PUNCTUATION.sub(lambda match: match[0] if match[0] == "'" and rng.random() < 0.5 else "", text)


def _space_out(text: str, rng: random.Random) -> str:
    return _PUNCTUATION.sub(" ", text)


def _drop_fillers(text: str, rng: random.Random) -> str:
    kept = _FILLERS.sub(lambda match: "" if rng.random() < 0.7 else match[0], text)
    return kept if len(kept) >= 4 else text


def _open_english(text: str, rng: random.Random) -> str:
    return rng.choice(_OPENERS_EN) + text


def _open_chinese(text: str, rng: random.Random) -> str:
    return rng.choice(_OPENERS_ZH) + text


Change = Callable[[str, random.Random], str]
_ENGLISH: list[Change] = [_typo, _typo, _drop_words, _drop_words, _swap_words, _lower, _strip, _open_english]
_CHINESE: list[Change] = [
    *(_drop_characters, _drop_characters, _swap_characters, _cut, _lower, _strip, _space_out),
    *(_drop_fillers, _drop_fillers, _open_chinese),
]
