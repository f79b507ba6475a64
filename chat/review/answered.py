"""Whether a question that had no answer finds one in what was published since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chat.knowledge.enums import RevisionState
from chat.knowledge.models import Revision
from chat.offloop import off_loop
from chat.review.gaps import Question
from inference import knowledge
from inference.retrieval.evidence import evidence

# How far the best article must be ahead of the next to be what the question is about, as where a model quotes one:
# scores of long and of short questions are not comparable.
LEAD = 1.3
LEAST = 0.2  # one common small word is less


async def answered_since(questions: Sequence[Question]) -> dict[int, str]:
    """The article by question, for those whose best article was published after they were asked."""
    if not questions:
        return {}
    published = await off_loop(_published_after, min(question.asked for question in questions))
    found = {}
    for question in questions:
        newer = {slug for slug, at in published.items() if at > question.asked}
        slug = await _best(question) if newer else ""
        if slug in newer:
            found[question.pk] = slug
    return found


async def _best(question: Question) -> str:
    hits = (await evidence(question.text, question.language, await knowledge.current())).hits
    next_best = hits[1].score if len(hits) > 1 else 0.0
    return hits[0].slug if hits and hits[0].score >= max(LEAST, LEAD * next_best) else ""


def _published_after(moment: datetime) -> dict[str, datetime]:
    rows = Revision.objects.filter(state=RevisionState.PUBLISHED, published_at__gt=moment)
    return {slug: at for slug, at in rows.values_list("article__slug", "published_at") if at}
