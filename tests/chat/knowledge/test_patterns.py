"""Which regular expressions may be used."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import ValidationError

from chat.knowledge.patterns import check_pattern


@pytest.mark.parametrize(
    "pattern",
    [
        "how old",
        r"card\s+not\s+arrived\s+yet",
        "lost.*card",
        "a.*b.*c",
        "a.{0,40}b.{0,40}c",
        "(?:card|cash) lost",
        r"\d{16}",
        "(card)?(cash)?x",
        "(?:a{3}){4}x",
        "丢.*卡",
        "(?i)LOST",
        "a++b",
    ],
)
def test_ordinary_ones_may(pattern: str):
    check_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(", "not a regular expression"),
        ("[[a]", "not a regular expression"),
        ("x{99999999999}", "not a regular expression"),
        ("%(", "not a regular expression"),
        (".*", "fits every message"),
        ("a*", "fits every message"),
        ("(a+)+b", "repeats a group"),
        ("(a|ab)*c", "repeats a group"),
        ("((a{1,3}b){1,30})x", "repeats a group"),
        ("(?=(a+)+b)x", "repeats a group"),
        ("(?>(a+)+b)x", "repeats a group"),
        ("a.*b.*c.*d", "too many open repetitions"),
        ("a*a*a*b", "too many open repetitions"),
        (r"\s*\s*\s*x", "too many open repetitions"),
        ("a{1,400}b{1,400}c{1,400}d", "too many open repetitions"),
        ("a" * 201, "longer than 200"),
    ],
)
def test_others_are_refused_with_the_reason(pattern: str, reason: str):
    with pytest.raises(ValidationError, match=re.escape(reason)):
        check_pattern(pattern)
