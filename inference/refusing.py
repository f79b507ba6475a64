"""How an answer says that it does not know: in one of the site's wordings, with articles that may help."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

from inference.knowledge import Document, KnowledgeBase

REFUSALS = {
    "en": ("I do not know that. Please ask a person of our team.",),
    "zh-hans": ("这个我不了解，请联系人工客服。",),
}
DOUBTS = {
    "en": (
        "I am not sure what you need. Perhaps one of these articles helps; if not, please ask a person of our team.",
    ),
    "zh-hans": ("我不太确定您想问什么。下面的文章也许有用；如果没有，请联系人工客服。",),
}


def refusal(
    knowledge: KnowledgeBase,
    question: str,
    language: str,
    offers: Sequence[Document],
    url: str = "/help/{slug}/",
    seed: int | None = None,
) -> str:
    """That the answer is not known, with links to `offers` and the way to a person."""
    said, otherwise = (knowledge.doubts, DOUBTS) if offers else (knowledge.refusals, REFUSALS)
    text = wording(said.get(language) or otherwise.get(language, otherwise["en"]), question, seed)
    return "\n".join([text, "", *(_link(offer, url) for offer in offers)]) if offers else text


def wording(texts: Sequence[str], question: str, seed: int | None = None) -> str:
    """One of the wordings, the same for the same question, and another one when the visitor asks again."""
    first = zlib.crc32(question.encode())
    again = 0 if seed is None or len(texts) < 2 else 1 + seed % (len(texts) - 1)
    return texts[(first + again) % len(texts)]


def _link(document: Document, url: str) -> str:
    title = re.sub(r"([\\\[\]`*_<])", r"\\\1", " ".join(document.question.split()))
    return f"- [{title}]({url.format(slug=document.slug)})"
