"""Reading: branches, versions, pages of messages, the list of conversations. Writes nothing."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from chat.access import Actor, own_conversations
from chat.enums import Language, Role, Side, Status
from chat.models import Conversation, Feedback, Message

PAGE = 50
LIST_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Node:
    """One message's place in the tree."""

    pk: int
    parent: int | None
    public_id: uuid.UUID
    side: int


class Tree:
    """The shape of a conversation without its texts: one query, however long it is."""

    def __init__(self, conversation: Conversation) -> None:
        rows = Message.objects.filter(conversation=conversation).order_by("pk")
        fields = rows.values_list("pk", "parent_id", "public_id", "side")
        self.nodes = {pk: Node(pk, parent, uid, side) for pk, parent, uid, side in fields}
        self.language = Language(conversation.language)
        self._children: dict[int | None, list[Node]] = defaultdict(list)
        for node in self.nodes.values():
            self._children[node.parent].append(node)

    def branch(self, leaf: int | None) -> list[int]:
        """The keys from the first message down to `leaf`."""
        keys: list[int] = []
        while leaf is not None and leaf in self.nodes:
            keys.append(leaf)
            leaf = self.nodes[leaf].parent
        return keys[::-1]

    def siblings(self, pk: int) -> list[Node]:
        """The versions that share a parent with this message, itself among them, oldest first."""
        return self._children[self.nodes[pk].parent]

    def compared(self, pk: int) -> list[int]:
        """A reply together with the one that it was compared with, A first; most replies stand alone."""
        side = self.nodes[pk].side
        if not side:
            return [pk]
        beside = sorted((node.side, node.pk) for node in self.siblings(pk) if node.side)
        return [key for other, key in beside if other != Side.NEITHER or side == Side.NEITHER]

    def newest_leaf(self, pk: int) -> int:
        """The latest message without an answer below it, in the part of the tree under `pk`."""
        leaves, waiting = [], [pk]
        while waiting:
            current = waiting.pop()
            below = [node.pk for node in self._children.get(current, [])]
            waiting.extend(below)
            if not below:
                leaves.append(current)
        return max(leaves)

    def public_id(self, pk: int | None) -> str | None:
        """A key as it may leave the server."""
        return None if pk is None else str(self.nodes[pk].public_id)


@dataclass(frozen=True, slots=True)
class Page:
    """A run of messages of one branch, oldest first, and the tree that they are part of."""

    messages: list[Message]
    has_older: bool
    tree: Tree


def latest_page(conversation: Conversation) -> Page:
    """The newest messages of the active branch."""
    tree = Tree(conversation)
    keys = tree.branch(conversation.active_leaf_id)
    return _page(tree, [*keys[:-1], *(tree.compared(keys[-1]) if keys else [])])


def page_before(conversation: Conversation, message: Message) -> Page:
    """The messages that lead to this one."""
    tree = Tree(conversation)
    return _page(tree, tree.branch(message.parent_id))


def branch(message: Message) -> list[Message]:
    """Every message from the first one down to this one."""
    tree = Tree(message.conversation)
    return _in_order(tree.branch(message.pk))


def has_children(message: Message) -> bool:
    """Whether the conversation went on after this message."""
    return Message.objects.filter(parent=message).exists()


def find_turn(conversation: Conversation, client_id: str) -> Message | None:
    """The visitor's message that was sent under this id, if it was."""
    rows = Message.objects.filter(conversation=conversation, client_id=client_id)
    return rows.first()


def newest_reply(message: Message) -> Message:
    """The latest reply to a visitor's message; there always is one, made in the same transaction."""
    rows = Message.objects.filter(parent=message, role=Role.ASSISTANT)
    return rows.select_related("generation").latest("pk")


def candidates(question: Message) -> list[Message]:
    """The two replies to a question that are compared, A first; none if it was answered as usual."""
    rows = Message.objects.filter(parent=question, side__in=[Side.A, Side.B])
    return list(rows.select_related("conversation", "generation").order_by("side"))


def together(message: Message) -> list[Message]:
    """What is stopped with a reply: the other one of a comparison, and itself."""
    return candidates(message.parent) if message.parent and message.side else [reply_for_run(message.pk)]


def shown_pair(conversation: Conversation) -> Message | None:
    """The question whose two answers are the end of what is shown, if it ends so."""
    rows = Message.objects.filter(pk=conversation.active_leaf_id or 0, side__gt=Side.ALONE)
    leaf = rows.select_related("parent__conversation").first()
    return leaf.parent if leaf else None


def running_replies(conversation: Conversation) -> list[Message]:
    """The reply that is being written, or both of a comparison."""
    return list(Message.objects.filter(conversation=conversation, status=Status.STREAMING))


def reply_for_run(pk: int) -> Message:
    """A reply with what its task needs: conversation and generation record."""
    return Message.objects.select_related("conversation", "generation").get(pk=pk)


def feedback_of(actor: Actor, messages: list[Message]) -> dict[int, Feedback]:
    """What the actor thinks of these messages, by message key, reasons loaded."""
    keys = [message.pk for message in messages if message.role == Role.ASSISTANT]
    rows = Feedback.objects.filter(actor=str(actor), message__in=keys)
    return {row.message_id: row for row in rows.prefetch_related("reasons")}


def list_conversations(actor: Actor, search: str = "") -> list[Conversation]:
    """The actor's conversations that have begun, newest first; `search` looks into titles and texts."""
    rows = own_conversations(actor).filter(active_leaf__isnull=False)
    if search:
        texts = Message.objects.filter(conversation=OuterRef("pk"), content__icontains=search)
        rows = rows.filter(Q(title__icontains=search) | Exists(texts))
    return list(rows[:LIST_LIMIT])


def latest_conversation(actor: Actor) -> Conversation | None:
    """The conversation that the actor used last."""
    return own_conversations(actor).filter(active_leaf__isnull=False).first()


def count_conversations(actor: Actor) -> int:
    """How many conversations the actor has begun."""
    return own_conversations(actor).filter(active_leaf__isnull=False).count()


def _page(tree: Tree, keys: list[int]) -> Page:
    return Page(_in_order(keys[-PAGE:]), len(keys) > PAGE, tree)


def _in_order(keys: list[int]) -> list[Message]:
    rows = Message.objects.filter(pk__in=keys).select_related("generation").in_bulk()
    return [rows[key] for key in keys if key in rows]
