"""Which answers a rule is about. Reads only; the work is bounded, however many messages there are."""

from __future__ import annotations

from collections import defaultdict

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from chat.enums import FeedbackReasonCode, Role, Side, Status
from chat.models import Feedback, FeedbackReason, Generation, Message
from chat.review.enums import AnswerKind, Outcome
from chat.review.handover import asks_for_person
from chat.review.models import Comparison, ComparisonVote, FillRule

WINDOW = 20_000  # of the newest messages: older ones stay out of the queue
NEWEST = 1000  # visitors' messages that are searched for a wish to talk to a person, and comparisons
READ_CHARS = 400


def matching(rule: FillRule) -> QuerySet[Message]:
    """The finished answers for which the rule's conditions hold."""
    rows = _answers()
    if rule.engines:
        named = Q(generation__answered_by__in=rule.engines)
        rows = rows.filter(named | Q(generation__answered_by="", generation__backend__in=rule.engines))
    if rule.languages:
        rows = rows.filter(conversation__language__in=rule.languages)
    if rule.feedback is not None:
        rows = rows.filter(Exists(Feedback.objects.filter(message=OuterRef("pk"), value=rule.feedback)))
    if rule.confidence_below is not None:
        rows = rows.filter(generation__confidence__lt=rule.confidence_below)
    if rule.disagreed:
        rows = rows.filter(pk__in=_disagreed())
    return rows.filter(_kind(rule.kind))


def _answers() -> QuerySet[Message]:
    newest = Message.objects.aggregate(pk=Max("pk"))["pk"] or 0
    rows = Message.objects.filter(role=Role.ASSISTANT, conversation__deleted_at__isnull=True, pk__gt=newest - WINDOW)
    return rows.exclude(status=Status.STREAMING).exclude(content="").exclude(side=Side.NEITHER)


def _kind(kind: str) -> Q:
    found = Q()
    if kind in (AnswerKind.ABSTAINED, AnswerKind.EITHER):
        found |= Q(generation__abstained=True)
    if kind in (AnswerKind.PERSON, AnswerKind.EITHER):
        found |= _wanted_person()
    return found


def _wanted_person() -> Q:
    """The answer before the wish; that to the wish itself where there was none; one rated so."""
    ticked = FeedbackReason.objects.filter(feedback__message=OuterRef("pk"), code=FeedbackReasonCode.WANTED_HUMAN)
    rows = Message.objects.filter(role=Role.USER).order_by("-pk").values_list("pk", "parent_id", "content")[:NEWEST]
    wishes = [(pk, before) for pk, before, text in rows if asks_for_person(text[:READ_CHARS])]
    before = [answer for _pk, answer in wishes if answer]
    return Q(pk__in=before) | Q(parent_id__in=[pk for pk, answer in wishes if not answer]) | Q(Exists(ticked))


def _disagreed() -> set[int]:
    """Both answers of the comparisons whose engines cite different articles, or whose voters chose differently."""
    pairs = list(Comparison.objects.order_by("-pk").values_list("pk", "first_id", "second_id")[:NEWEST])
    answers = [key for _pk, *both in pairs for key in both]
    sources = dict(Generation.objects.filter(message__in=answers).values_list("message_id", "sources"))
    chosen: dict[int, set[str]] = defaultdict(set)
    for pk, outcome in ComparisonVote.objects.filter(comparison__in=[pk for pk, *_ in pairs]).values_list(
        "comparison_id", "outcome"
    ):
        chosen[pk].add(outcome)
    return {
        key
        for pk, first, second in pairs
        if sources.get(first) != sources.get(second) or {Outcome.FIRST, Outcome.SECOND} <= chosen[pk]
        for key in (first, second)
    }
