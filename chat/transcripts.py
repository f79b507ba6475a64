"""Reading conversations as staff do: one branch with its versions, records and ratings. Writes nothing.

The number of queries does not depend on how long a conversation or a list is.
"""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Count, Prefetch, QuerySet

from chat.enums import Language, Role
from chat.language import guess_language
from chat.models import Conversation, Feedback, Generation, Message
from chat.privacy import rights
from chat.queries import Tree
from chat.serializers import whole_html_of

PART = 100
MAX_CHOICES = 50


@dataclass(frozen=True, slots=True)
class Version:
    """One of the siblings that a message has; `active` is the one that the visitor sees."""

    number: int
    public_id: uuid.UUID
    shown: bool
    active: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A message as it is read. `html` is empty for what a visitor wrote: that stays text."""

    message: Message
    html: str
    language: str
    versions: list[Version]

    @property
    def number(self) -> int:
        """Which of the versions this is, from 1."""
        return next(version.number for version in self.versions if version.shown)

    @property
    def active_number(self) -> int | None:
        """Which of the versions the visitor sees; None when the visitor sees none of them."""
        return next((version.number for version in self.versions if version.active), None)


@dataclass(frozen=True, slots=True)
class Transcript:
    """Part `part` of `parts` of one branch. `active`: it is the branch that the visitor sees.

    `hidden`: it holds personal data that are masked.
    """

    entries: list[Entry]
    active: bool
    part: int
    parts: int
    hidden: bool


def read(
    conversation: Conversation, through: uuid.UUID | None = None, part: int | None = None, masked: bool = True
) -> Transcript:
    """The branch that the visitor sees, or the newest branch through the message `through`.

    Of a long branch one part: the one asked for, else the one with `through`, else the first. Personal data are masked,
    in the title of `conversation` as well, unless it is said that they are not.
    """
    tree = Tree(conversation)
    active = tree.branch(conversation.active_leaf_id or max(tree.nodes, default=None))
    target = next((node.pk for node in tree.nodes.values() if node.public_id == through), None)
    keys = active if target is None or target in active else tree.branch(tree.newest_leaf(target))
    parts = max(1, -(-len(keys) // PART))
    wanted = part or (keys.index(target) // PART + 1 if target else 1)
    number = min(max(wanted, 1), parts)
    shown = keys[(number - 1) * PART : number * PART]
    rows = _rows([key for one in shown for key in tree.compared(one)])
    hidden = masked and rights.hide(conversation, rows)
    entries = [_entry(conversation, tree, row, set(active)) for row in rows]
    return Transcript(entries, keys == active, number, parts, hidden)


def _rows(keys: list[int]) -> list[Message]:
    rows = with_details(Message.objects.filter(pk__in=keys)).in_bulk()
    return [rows[key] for key in keys if key in rows]


def _entry(conversation: Conversation, tree: Tree, message: Message, active: set[int]) -> Entry:
    versions = [
        Version(number, node.public_id, node.pk == message.pk, node.pk in active)
        for number, node in enumerate(tree.siblings(message.pk), start=1)
    ]
    html = whole_html_of(message) if message.role == Role.ASSISTANT else ""
    return Entry(message, html, str(guess_language(message.content, Language(conversation.language))), versions)


def with_details(messages: QuerySet[Message]) -> QuerySet[Message]:
    """Messages with record, ratings and reasons, in three queries."""
    ratings = Feedback.objects.order_by("pk").prefetch_related("reasons")
    return messages.select_related("generation").prefetch_related(Prefetch("feedback", ratings))


@dataclass(slots=True)
class Summary:
    """What a list says about a conversation: how many messages by status, how many ratings by value."""

    statuses: Counter[str] = field(default_factory=Counter)
    ratings: Counter[int] = field(default_factory=Counter)


def summaries(conversations: Iterable[Conversation]) -> dict[int, Summary]:
    """The summaries of the rows of one page, by conversation key."""
    keys = [conversation.pk for conversation in conversations]
    found: dict[int, Summary] = defaultdict(Summary)
    messages = Message.objects.filter(conversation__in=keys).order_by().values_list("conversation", "status")
    for key, status, number in messages.annotate(number=Count("pk")):
        found[key].statuses[status] = number
    ratings = Feedback.objects.filter(message__conversation__in=keys).order_by()
    for key, value, number in ratings.values_list("message__conversation", "value").annotate(number=Count("pk")):
        found[key].ratings[value] = number
    return found


def used_values(column: str) -> list[str]:
    """The different values of an indexed column of the generation records.

    Goes from each value to the next one in the index; DISTINCT would walk through every row.
    """
    quote = connection.ops.quote_name
    found: Any = Generation._meta.get_field(column)
    table, name = quote(Generation._meta.db_table), quote(found.column)  # names of the model, not of a client
    step = f"SELECT min({name}) FROM {table}"  # noqa: S608
    sql = (
        f"WITH RECURSIVE used(value) AS ({step} UNION ALL "  # noqa: S608
        f"SELECT ({step} WHERE {name} > used.value) FROM used WHERE used.value IS NOT NULL) "
        f"SELECT value FROM used WHERE value IS NOT NULL LIMIT {MAX_CHOICES}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [value for (value,) in cursor.fetchall() if value]
