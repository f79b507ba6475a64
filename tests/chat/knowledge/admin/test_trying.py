"""A question on trial in the admin."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from chat.enums import Language
from chat.knowledge import actions
from chat.knowledge.drafts import ArticleDraft, TextDraft
from chat.knowledge.models import Article
from inference.knowledge import Keyword

URL = "/admin/knowledge/article/try/"


@pytest.fixture
def article(db: None, seen_at_once: None) -> Article:
    """A published article with a keyword and a pattern."""
    texts = {
        Language.ENGLISH: TextDraft("Is there a limit?", "Up to **5,000** a day.", ("How much may I top up?",)),
        Language.CHINESE: TextDraft("有上限吗？", "每天最多**5,000**。", ()),
    }
    draft = ArticleDraft("limits", texts, (), (Keyword("contactless", 3), Keyword("cash", -1)), (r"no more than \d+",))
    return actions.publish(actions.save_draft(None, draft, None), None).article


def page(client: Client, **query: str) -> str:
    response = client.get(URL, query)
    assert response.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_only_who_may_change_articles_tries_questions(signed_in: Callable[..., Client], article: Article):
    assert signed_in("view").get(URL).status_code == 403
    assert signed_in("view", "change", name="bob").get(URL).status_code == 200


def test_the_page_says_what_answers_and_why(editor: Client, article: Article):
    text = page(editor, text="Contactless please")
    assert "The article “Is there a limit?” answers." in text
    assert "contactless 3.00 3.00" in text
    assert "Up to 5,000 a day." in text
    assert "3.00, threshold 1.60" in text
    assert f'href="/admin/knowledge/article/{article.pk}/change/"' in editor.get(URL, {"text": "cash"}).content.decode()


def test_a_pattern_is_named(editor: Client, article: Article):
    assert r"The pattern no more than \d+ of limits fits." in page(editor, text="no more than 50")


def test_the_answer_is_in_the_chosen_language(editor: Client, article: Article):
    assert "每天最多5,000" in page(editor, text="contactless", language="zh-hans").replace(" ", "")


def test_what_no_article_answers(editor: Client, article: Article):
    assert "No article answers" in page(editor, text="zebra")


@pytest.mark.parametrize(
    "query", [{"text": ""}, {"text": "x" * 501}, {"text": "x", "language": "fr"}, {"text": "\x00"}]
)
def test_what_is_no_question_is_refused(editor: Client, article: Article, query: dict[str, str]):
    response = editor.get(URL, query)
    assert (response.status_code, "dl-candidate" in response.content.decode()) == (200, False)
    assert "errorlist" in response.content.decode()


def test_what_is_typed_stays_text(editor: Client, article: Article):
    body = editor.get(URL, {"text": "<script>alert(1)</script> contactless"}).content.decode()
    assert "<script>alert" not in body


def test_the_list_leads_to_it(editor: Client, article: Article):
    assert f'href="{URL}"' in editor.get("/admin/knowledge/article/").content.decode()
