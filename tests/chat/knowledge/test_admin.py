"""Editing help articles in Django admin."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chat.knowledge.models import Article, ArticleText

pytestmark = pytest.mark.django_db
URL = "/admin/knowledge/article/"


@pytest.fixture
def client(db):
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def article(slug: str = "age_limit") -> Article:
    row = Article.objects.create(slug=slug, tags=["account"])
    ArticleText.objects.create(
        article=row, language="en", question="How old?", answer="18.", example_questions=["a", "b"]
    )
    ArticleText.objects.create(article=row, language="zh-hans", question="多大年龄？", answer="十八岁。")
    return row


def form(**changes) -> dict[str, str]:
    return {
        **{"slug": "new", "tags": "one\r\n\r\n two ", "texts-TOTAL_FORMS": "2", "texts-INITIAL_FORMS": "0"},
        **{
            "texts-0-language": "en",
            "texts-0-question": "Q",
            "texts-0-answer": "A",
            "texts-0-example_questions": "x\ny",
        },
        **{"texts-1-language": "zh-hans", "texts-1-question": "问", "texts-1-answer": "答"},
        **changes,
    }


def test_lists_are_stored_from_lines(client):
    assert client.post(f"{URL}add/", form()).status_code == 302
    row = Article.objects.get(slug="new")
    assert row.tags == ["one", "two"]
    texts = row.texts.order_by("language").values_list("language", "question", "example_questions")
    assert list(texts) == [("en", "Q", ["x", "y"]), ("zh-hans", "问", [])]


def test_lists_are_shown_as_lines(client):
    html = client.get(f"{URL}{article().pk}/change/").content.decode()
    assert ">\na\nb</textarea>" in html
    assert ">\naccount</textarea>" in html


def test_two_texts_in_one_language_are_refused(client):
    response = client.post(f"{URL}add/", form(**{"texts-1-language": "en"}))
    assert response.status_code == 200
    assert Article.objects.count() == 0


@pytest.mark.parametrize("query", ["age", "多大", "how+old", "十八"])
def test_search_in_both_languages(client, query):
    article()
    Article.objects.create(slug="other")
    assert [row.slug for row in client.get(f"{URL}?q={query}").context["cl"].result_list] == ["age_limit"]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_takes_six_queries(client, rows, django_assert_num_queries):
    for number in range(rows):
        article(f"article-{number}")
    # Session, user, the count that Django makes twice; articles, texts.
    with django_assert_num_queries(6):
        client.get(URL)
