"""Questions that the site could not answer well, put together by likeness.

The work is bounded: the newest thousands of each kind, whatever there is, and of those the newest questions.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Exists, Max, OuterRef, Q

from chat.enums import FeedbackReasonCode, FeedbackValue, Language, Role, Status
from chat.language import guess_language
from chat.models import Conversation, Feedback, FeedbackReason, Generation, Message
from chat.review.enums import Gap
from chat.review.handover import asks_for_person
from chat.review.likeness import groups
from chat.review.models import GapDismissal
from chat.review.prompts import prompt_key
from chat.review.report import KEPT_S, data_version

NEWEST = 1500  # of each kind
READ_FOR_PERSON = 3000  # visitors' newest messages, searched for a wish to talk to a person
QUESTIONS = 2000  # that are grouped
COMPARED_CHARS = 400
EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Question:
    """One visitor's question, with why it is here."""

    pk: int
    public_id: str
    conversation: int
    key: str
    text: str
    language: Language
    asked: datetime
    kinds: frozenset[Gap]


@dataclass(slots=True)
class GapGroup:
    """Questions that are alike, newest first. `dismissed`: staff have put aside each of them since it was asked."""

    questions: list[Question]
    dismissed: bool = False
    kinds: Counter[Gap] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        for question in self.questions:
            self.kinds.update(question.kinds)

    @property
    def newest(self) -> Question:
        """The question that stands for the group."""
        return self.questions[0]

    @property
    def examples(self) -> list[Question]:
        """A few that differ in words, newest first."""
        return list({question.key: question for question in reversed(self.questions)}.values())[::-1][:EXAMPLES]

    @property
    def wordings(self) -> list[str]:
        """Each different wording once, the most frequent first."""
        counts = Counter(question.key for question in self.questions)
        texts = {question.key: question.text for question in reversed(self.questions)}
        return [texts[key] for key, _count in counts.most_common()]

    @property
    def people(self) -> int:
        """In how many conversations it was asked."""
        return len({question.conversation for question in self.questions})


def gap_groups() -> list[GapGroup]:
    """Every group, that which was asked most often first."""
    found = _there(_kept("groups", lambda: _grouped(_all_questions())))
    until = _dismissals()
    return [GapGroup(questions, all(_aside(question, until) for question in questions)) for questions in found]


def group_of(public_id: str) -> GapGroup | None:
    """The group that a question is in now."""
    return next((group for group in gap_groups() if any(q.public_id == public_id for q in group.questions)), None)


def open_questions() -> int:
    """How many questions nobody has put aside; quicker than grouping them."""
    until = _dismissals()
    return sum(not _aside(question, until) for question in _all_questions())


def replies_to(questions: Iterable[Question]) -> dict[int, list[Message]]:
    """What the engines said to these questions, by question."""
    keys = [question.pk for question in questions]
    rows = Message.objects.filter(parent__in=keys, role=Role.ASSISTANT).select_related("generation").order_by("pk")
    found: dict[int, list[Message]] = defaultdict(list)
    for row in rows[: 10 * len(keys)]:
        found[row.parent_id or 0].append(row)
    return found


def _there(kept: list[list[Question]]) -> list[list[Question]]:
    """Without what was deleted for good since it was kept."""
    keys = [question.pk for questions in kept for question in questions]
    there = set(Message.objects.filter(pk__in=keys).order_by().values_list("pk", flat=True))
    left = ([question for question in questions if question.pk in there] for questions in kept)
    return [questions for questions in left if questions]


def _kept(name: str, make: Callable[[], Any]) -> Any:
    """A value made once for each state of the data."""
    gone = Conversation.objects.aggregate(last=Max("deleted_at"), n=Count("deleted_at"))
    key = f"review-gaps-{name}:{data_version()}-{gone['n']}-{gone['last'] and gone['last'].timestamp()}"
    found = cache.get(key)
    if found is None:
        found = make()
        cache.set(key, found, KEPT_S)
    return found


def _all_questions() -> list[Question]:
    return _kept("questions", lambda: _questions(_kinds()))


def _dismissals() -> dict[str, datetime]:
    return dict(GapDismissal.objects.values_list("prompt_key", "until"))


def _aside(question: Question, until: dict[str, datetime]) -> bool:
    return question.key in until and question.asked <= until[question.key]


def _kinds() -> dict[int, set[Gap]]:
    """The keys of the questions, with all that is wrong with their answers."""
    found: dict[int, set[Gap]] = defaultdict(set)
    for kind, keys in ((Gap.UNANSWERED, _unanswered()), (Gap.HANDED_OVER, _asked_for_person())):
        for key in keys:
            found[key].add(kind)
    for key, wanted_person in _disliked():
        found[key].add(Gap.HANDED_OVER if wanted_person else Gap.DISLIKED)
    return found


def _unanswered() -> set[int]:
    """Questions with a reply that failed or did not know, and none that answered."""
    newest = Generation.objects.order_by("-created_at").values_list("message__parent_id", flat=True)
    keys = {key for wrong in (Q(abstained=True), ~Q(error_class="")) for key in newest.filter(wrong)[:NEWEST] if key}
    answered = Message.objects.filter(parent__in=keys, status=Status.COMPLETE, generation__abstained=False)
    return keys - set(answered.values_list("parent_id", flat=True))


def _disliked() -> list[tuple[int, bool]]:
    """Questions whose answer got a thumb down, with whether the visitor wanted a person."""
    person = FeedbackReason.objects.filter(feedback=OuterRef("pk"), code=FeedbackReasonCode.WANTED_HUMAN)
    rows = Feedback.objects.filter(value=FeedbackValue.BAD).annotate(person=Exists(person)).order_by("-created_at")
    return [(key, wanted) for key, wanted in rows.values_list("message__parent_id", "person")[:NEWEST] if key]


def _asked_for_person() -> set[int]:
    """The question before the wish; the wish itself where there was none."""
    rows = Message.objects.filter(role=Role.USER).order_by("-pk")
    asked = rows.values_list("pk", "parent__parent_id", "content")[:READ_FOR_PERSON]
    return {before or key for key, before, text in asked if asks_for_person(text[:COMPARED_CHARS])}


def _questions(kinds: dict[int, set[Gap]]) -> list[Question]:
    rows = Message.objects.filter(pk__in=kinds, role=Role.USER, conversation__deleted_at__isnull=True)
    columns = ("pk", "public_id", "conversation_id", "content", "conversation__language", "created_at")
    found = []
    for pk, public_id, conversation, text, language, asked in rows.order_by("-pk").values_list(*columns)[:QUESTIONS]:
        guessed = guess_language(text, Language(language))
        key, why = prompt_key(text), frozenset(kinds[pk])
        found.append(Question(pk, str(public_id), conversation, key, text, guessed, asked, why))
    return found


def _grouped(questions: list[Question]) -> list[list[Question]]:
    """Groups of one language each; within them and among them the order of the questions is kept."""
    found: list[list[Question]] = []
    for language in Language:
        spoken = [question for question in questions if question.language == language]
        wordings = {question.key: question.text[:COMPARED_CHARS] for question in spoken}
        number = dict(zip(wordings, groups(list(wordings.values()), language), strict=True))
        together: dict[int, list[Question]] = defaultdict(list)
        for question in spoken:
            together[number[question.key]].append(question)
        found.extend(together.values())
    return sorted(found, key=lambda group: (-len(group), -group[0].pk))
