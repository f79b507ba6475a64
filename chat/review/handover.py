"""Whether a visitor asks for a person instead of a program."""

from __future__ import annotations

import re

from inference.retrieval.text import normalise

_WHO = r"(?:human|person|people|agent|someone|somebody|representative|advis[eo]r|operator|staff|employee)"
_ENGLISH = re.compile(
    rf"\b(?:speak|talk|chat|connect|transfer|put|pass|hand)\b[\w' ]{{0,30}}\b{_WHO}\b"
    rf"|\b(?:want|need|get|give|prefer)\b[\w' ]{{0,20}}\b(?:human|agent|representative|operator)\b"
    r"|^(?:real |live |actual )?(?:human|person|agent|representative|operator)(?: please)?$"
)
_CHINESE = re.compile(
    r"(?:转|接|找|要|叫|联系|换)[^,。！？]{0,4}(?:人工(?!智能)|真人|客服)|^人工(?:客服|服务)?$|真人客服"
)


def asks_for_person(text: str) -> bool:
    """By the ways people say it, in both languages."""
    plain = normalise(text).strip(" .!?。！？")
    return bool(_ENGLISH.search(plain) or _CHINESE.search(plain))
