"""chat/queries.py: branches, versions, pages, lists; and how many queries they take."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from chat import actions, queries
from chat.access import Actor
from chat.enums import Role
from chat.models import Conversation, Message
from tests.chat.conftest import client_id, end, say

pytestmark = pytest.mark.django_db


def _grow(conversation: Conversation, turns: int) -> list[Message]:
    """A long conversation, stored quickly."""
    rows: list[Message] = []
    for number in range(turns * 2):
        role = Role.ASSISTANT if number % 2 else Role.USER
        parent = rows[-1] if rows else None
        rows.append(Message.objects.create(conversation=conversation, parent=parent, role=role, content=str(number)))
    conversation.active_leaf = rows[-1]
    conversation.save(update_fields=["active_leaf"])
    return rows


def test_a_page_is_the_newest_part_of_the_branch(conversation: Conversation):
    rows = _grow(conversation, 30)
    page = queries.latest_page(conversation)
    assert (page.messages, page.has_older) == (rows[-50:], True)
    older = queries.page_before(conversation, page.messages[0])
    assert (older.messages, older.has_older) == (rows[:10], False)
    assert queries.page_before(conversation, rows[0]).messages == []


def test_a_page_takes_two_queries_however_long_the_conversation_is(
    conversation: Conversation, django_assert_num_queries: DjangoAssertNumQueries
):
    _grow(conversation, 100)
    with django_assert_num_queries(2):
        queries.latest_page(conversation)


def test_an_empty_conversation_has_an_empty_page(conversation: Conversation):
    page = queries.latest_page(conversation)
    assert (page.messages, page.has_older) == ([], False)


def test_the_branch_of_a_version_leaves_out_its_siblings(conversation: Conversation):
    first = say(conversation)
    second = end(actions.regenerate(first.reply))
    third = say(conversation, "And now?")
    assert queries.branch(first.reply) == [first.message, first.reply]
    assert queries.branch(third.reply) == [first.message, second, third.message, third.reply]


def test_versions_are_the_children_of_one_parent_oldest_first(conversation: Conversation):
    first = say(conversation)
    second = end(actions.regenerate(first.reply))
    edited = actions.edit_message(first.message, client_id(), "Another question")
    tree = queries.Tree(conversation)
    assert [node.pk for node in tree.siblings(first.reply.pk)] == [first.reply.pk, second.pk]
    assert [node.pk for node in tree.siblings(first.message.pk)] == [first.message.pk, edited.message.pk]


def test_the_newest_leaf_is_the_latest_end_under_a_message(conversation: Conversation):
    first = say(conversation)
    below = say(conversation, "And then?")
    second = end(actions.regenerate(first.reply))
    tree = queries.Tree(conversation)
    assert tree.newest_leaf(first.reply.pk) == below.reply.pk
    assert tree.newest_leaf(first.message.pk) == second.pk
    assert tree.newest_leaf(second.pk) == second.pk


def test_the_list_has_the_actors_begun_conversations_newest_first(ann: Actor, bob: Actor):
    older, empty, newer = (actions.create_conversation(ann) for _ in range(3))
    say(older, "First")
    say(newer, "Second")
    say(actions.create_conversation(bob), "Bob's")
    assert empty.active_leaf_id is None
    assert queries.list_conversations(ann) == [newer, older]
    assert (queries.latest_conversation(ann), queries.count_conversations(ann)) == (newer, 2)


def test_a_deleted_conversation_is_not_in_the_list(conversation: Conversation, ann: Actor):
    say(conversation)
    actions.delete(conversation)
    assert (queries.list_conversations(ann), queries.latest_conversation(ann)) == ([], None)


@pytest.mark.parametrize(
    ("search", "found"),
    [("CARD", True), ("way", True), ("到了吗", True), ("renamed", True), ("100%", False), ("_", False)],
)
def test_a_search_looks_into_titles_and_texts(conversation: Conversation, ann: Actor, search: str, found: bool):
    say(conversation, "Where is my card? 到了吗", "On its way.")
    actions.rename(conversation, "Renamed")
    assert (queries.list_conversations(ann, search) == [conversation]) is found


def test_the_list_is_one_query_and_bounded(
    ann: Actor, django_assert_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(queries, "LIST_LIMIT", 2)
    for _ in range(3):
        say(actions.create_conversation(ann))
    with django_assert_num_queries(1):
        assert len(queries.list_conversations(ann, "card")) == 2


def test_nobody_has_no_conversations(conversation: Conversation, db: None):
    say(conversation)
    assert queries.list_conversations(Actor()) == []
    assert queries.list_conversations(Actor(User.objects.create_user("carol").pk)) == []
