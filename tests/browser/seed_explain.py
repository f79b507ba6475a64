"""Puts answers that can be explained into the server's database: a real one of the embedded checkpoint, and others.

    python -m tests.browser.seed_explain

Prints the public ids: the model's own words, then an answer of the rules.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import django

django.setup()

import inference  # noqa: E402
from chat.knowledge.source import sample_knowledge  # noqa: E402
from chat.models import Generation, Message  # noqa: E402
from chat.replies import build_request  # noqa: E402
from chat.tally import facts_of  # noqa: E402
from inference import knowledge  # noqa: E402
from inference.knowledge import KnowledgeBase  # noqa: E402
from tests.chat.admin.conftest import Talk  # noqa: E402

ENGINES: dict[str, Any] = {
    "checkpoint": {"BACKEND": "inference.backends.local.LocalBackend"},
    "gpt2": {"BACKEND": "inference.backends.grounded.GroundedBackend"},
}
TOLD = {
    "kind": "keywords",
    **{"article": "card_arrival", "score": 3.5, "threshold": 2.0},
    "runner_up": {"article": "lost_or_stolen_card", "score": 1.2},
    "matched": [{"text": "arrived", "share": 2.5}, {"text": "card", "share": 1.0}],
}


def own_words() -> Message:
    """What GPT-2 says with some chance, after an earlier turn."""
    talk = Talk()
    talk.ask("hello")
    talk.answer("Hello! How can I help?")
    talk.ask("my new card still has not arrived, I ordered it 12 days ago")
    message = talk.answer("", {"backend": "gpt2", "sampling": {"temperature": 1.4, "max_new_tokens": 120, "seed": 3}})
    text, record = asyncio.run(_said(build_request(message)))
    Message.objects.filter(pk=message.pk).update(content=text)
    facts = {**facts_of(record), "answered_by": "checkpoint", "finish_reason": "stop"}
    Generation.objects.filter(message=message).update(**facts)
    return message


async def _sample() -> KnowledgeBase:
    return sample_knowledge()


async def _said(request: Any) -> tuple[str, Any]:
    knowledge.connect(_sample)  # whatever articles other tests have left on the site
    text, record = "", None
    async with aclosing(inference.stream(request)) as chunks:  # type: ignore[type-var]
        async for chunk in chunks:
            text, record = text + chunk.text, chunk.completion or record
    return text, record


def of_the_rules() -> Message:
    """An article, word for word."""
    talk = Talk()
    talk.ask("has my card arrived?")
    record = {"answered_by": "rules", "explanation": TOLD, "sources": ["card_arrival"], "finish_reason": "stop"}
    return talk.answer("Your card takes 99 working days.", record)


if __name__ == "__main__":
    inference.configure(ENGINES)
    print(own_words().public_id, of_the_rules().public_id)
