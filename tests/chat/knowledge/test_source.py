"""What the backends see, and when an edit reaches them."""

from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from chat.knowledge import actions
from chat.knowledge.source import ASK_EVERY_S, SAMPLE, ArticleSource, source
from inference import knowledge
from tests.chat.knowledge.articles import draft, published

pytestmark = pytest.mark.django_db(transaction=True)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def test_without_any_article_it_is_the_sample():
    found = await ArticleSource()()
    assert (found.version, len(found.documents)) == (SAMPLE, 154)


def test_without_tables_it_is_the_sample_and_nothing_else_is_forgiven(monkeypatch: pytest.MonkeyPatch):
    def broken() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM nowhere")
        return ""

    monkeypatch.setattr("chat.knowledge.source.knowledge_version", broken)
    with pytest.raises(Exception, match="nowhere"):
        asyncio.run(ArticleSource()())
    monkeypatch.setattr("django.db.backends.base.introspection.BaseDatabaseIntrospection.table_names", lambda self: [])
    assert asyncio.run(ArticleSource()()).version == SAMPLE


async def test_an_edit_is_seen_half_a_second_later_and_nothing_is_read_again_before():
    clock = Clock()
    articles = ArticleSource(clock)
    await sync_to_async(published)("one")
    first = await articles()
    await sync_to_async(published)("two")
    clock.now += ASK_EVERY_S / 2
    assert await articles() is first
    clock.now += ASK_EVERY_S
    second = await articles()
    assert [document.slug for document in second.documents] == ["one", "one", "two", "two"]
    clock.now += ASK_EVERY_S * 2
    assert await articles() is second
    articles.forget()
    assert await articles() is second


async def test_a_draft_changes_nothing_and_an_emptied_knowledge_base_is_empty():
    articles = ArticleSource()
    await sync_to_async(actions.save_draft)(None, draft(), None)
    first = await articles()
    assert first.documents == ()


async def test_those_who_ask_at_once_look_once():
    await sync_to_async(published)("one")
    articles = ArticleSource()
    first, *others = await asyncio.gather(*(articles() for _ in range(5)))
    assert all(other is first for other in others)


def test_the_site_is_connected():
    assert knowledge._source is source
