"""Articles that were there before revisions are still published after them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from chat.knowledge import queries
from tests.chat.knowledge.articles import EN, ZH

pytestmark = pytest.mark.django_db(transaction=True)


def _migrate(name: str) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate([("knowledge", name)])
    return MigrationExecutor(connection).loader.project_state([("knowledge", name)]).apps


@pytest.fixture
def before() -> Iterator[Any]:
    """The tables as they were, made anew: what is stored cannot become the old shape."""
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes("knowledge")[0][1]
    executor = MigrationExecutor(connection)
    with connection.schema_editor() as editor:
        for model in reversed(list(executor.loader.project_state().apps.get_app_config("knowledge").get_models())):
            editor.delete_model(model)
    executor.recorder.migration_qs.filter(app="knowledge").delete()
    yield _migrate("0001_initial")
    _migrate(latest)


def test_articles_become_published_revisions(before: Any):
    article_model, text_model = (before.get_model("knowledge", name) for name in ("Article", "ArticleText"))
    article = article_model.objects.create(slug="age_limit", tags=["account"])
    article_model.objects.create(slug="empty")
    facts = {"question": "How old?", "answer": "18.", "example_questions": ["a"]}
    text_model.objects.create(article=article, language="en", **facts)
    text_model.objects.create(article=article, language="zh-hans", **facts)
    after = _migrate("0004_texts_of_revisions")
    revisions = after.get_model("knowledge", "Revision").objects.order_by("article__slug")
    assert list(revisions.values_list("article__slug", "article__state", "number", "state", "tags")) == [
        ("age_limit", "published", 1, "published", ["account"]),
        ("empty", "published", 1, "published", []),
    ]
    page = queries.article_page("age_limit", ZH)
    assert page is not None
    assert (page.question, page.languages) == ("How old?", (EN, ZH))
    assert queries.knowledge_version().startswith("1.")


def test_an_empty_knowledge_base_stays_one_that_never_had_an_article(before: Any):
    _migrate("0004_texts_of_revisions")
    assert queries.knowledge_version() == ""
