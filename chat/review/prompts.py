"""When two people ask the same thing: in the same words, whatever their spelling of them."""

from __future__ import annotations

import hashlib
import re

from inference.retrieval.text import normalise

_WORDS = re.compile(r"\w+")


def prompt_key(text: str) -> str:
    """The same for questions that differ in case, spaces and punctuation alone."""
    words = " ".join(_WORDS.findall(normalise(text)))
    return hashlib.blake2b(words.encode(), digest_size=16).hexdigest()
