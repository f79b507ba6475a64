"""An answer as a reviewer sees it: the conversation that led to it, and the scorecard; not who wrote it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from chat import queries
from chat.answerers import author
from chat.enums import Language, Role
from chat.knowledge.queries import Titles
from chat.language import guess_language
from chat.models import Message
from chat.privacy.rights import eyes
from chat.review import waiting
from chat.review.actions import Scorecard
from chat.review.articles import mend_addresses, write_address
from chat.review.enums import Purpose, ReviewVerdict, SkipReason
from chat.review.ideals import language_of
from chat.review.labels import engine_label
from chat.review.models import Assignment, Criterion, Review
from chat.review.scoring import is_low
from chat.serializers import generation_of, sources_json, whole_html_of

SHOWN = 20  # messages before the answer

Json = dict[str, Any]


def item_json(assignment: Assignment, user: Any, said: Scorecard | None = None) -> Json:
    """What the page needs of one item; `said`: what was said before it was taken back."""
    return {
        "id": str(assignment.public_id),
        "html": render_to_string("review/_item.html", _context(assignment, user)),
        "said": _said(said) if said else None,
    }


def reveal_json(review: Review, user: Any) -> Json:
    """After a review is in: who wrote the answer, what it came to, and where to go from there."""
    answer = review.assignment.item.message
    record = generation_of(answer)
    return {
        "author": engine_label(author(record) or record.backend) if record else "",
        "verdict": str(ReviewVerdict(review.verdict).label),
        "percent": None if review.score is None else round(100 * review.score),
        "links": _links(review, answer, user),
    }


def masked_answer(assignment: Assignment, user: Any) -> Message:
    """The answer as this person may see it; a row for reading, never to be saved."""
    answer = assignment.item.message
    see = eyes(user, answer.conversation)
    answer.content = see(answer.content)
    if answer.parent:
        answer.parent.content = see(answer.parent.content)
    return answer


def _context(assignment: Assignment, user: Any) -> Json:
    item = assignment.item
    answer, language = item.message, Language(item.message.conversation.language)
    see = eyes(user, answer.conversation)
    turns = [_turn(message, language, see) for message in queries.branch(answer)]
    version = waiting.version_in_use(item.queue)
    deciding = assignment.purpose == Purpose.ADJUDICATE
    return {
        "id": str(assignment.public_id),
        "turns": turns[-SHOWN - 1 : -1],
        "left_out": max(0, len(turns) - SHOWN - 1),
        "answer": turns[-1],
        "sources": sources_json(answer, language_of(answer)),
        "version": version,
        "criteria": [_criterion(one) for one in waiting.criteria_of(version)] if version else [],
        "causes": waiting.root_causes(),
        "skips": list(SkipReason.choices),
        "reviews": [_row(review) for review in waiting.reviews_of(item)] if deciding else [],
    }


def _turn(message: Message, language: Language, see: Callable[[str], str]) -> Json:
    message.content = see(message.content)
    html = whole_html_of(message) if message.role == Role.ASSISTANT else ""
    return {"message": message, "html": html, "language": guess_language(message.content, language)}


def _criterion(criterion: Criterion) -> Json:
    levels = [
        {"value": value, "anchor": anchor, "low": is_low(criterion, value)}
        for value, anchor in enumerate(criterion.anchors, start=1)
    ]
    return {"row": criterion, "levels": levels}


def _row(review: Review) -> Json:
    """Another's review, for who decides; without a name."""
    scores = [
        {"name": str(score.criterion), "value": score.value, "of": score.criterion.levels, "cause": score.root_cause}
        for score in review.scores.all()
    ]
    return {"scores": scores, "comment": review.comment, "ideal": review.ideal_answer}


def _said(card: Scorecard) -> Json:
    return {
        "levels": dict(card.levels),
        "causes": dict(card.causes),
        "ideal_answer": card.ideal_answer,
        "ideal_source": card.ideal_source,
        "comment": card.comment,
    }


def _links(review: Review, answer: Message, user: Any) -> list[Json]:
    language = language_of(answer)
    slugs = [source["slug"] for source in sources_json(answer, language)]
    mend, titles = mend_addresses(user, slugs), Titles(slugs)
    found = [
        {"label": _("Mend “%(title)s”") % {"title": titles.of(slug, language)}, "href": mend[slug]}
        for slug in slugs
        if slug in mend
    ]
    question = answer.parent.content if answer.parent else ""
    write = write_address(user, language, [question], review.ideal_answer)
    return [*found, {"label": _("Write an article"), "href": write}] if write else found
