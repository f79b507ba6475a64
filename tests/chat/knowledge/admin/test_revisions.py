"""Revisions: what changed, the preview, restoring, retiring."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.test import Client

from chat.knowledge import actions
from chat.knowledge.drafts import TextDraft
from chat.knowledge.models import Article
from tests.chat.knowledge.admin.conftest import URL, form
from tests.chat.knowledge.articles import EN, draft, published

HOSTILE = "<script>alert(1)</script> [x](javascript:alert(2)) ![y](https://evil.example/z.png)"


def edited() -> Article:
    article = published(author=User.objects.create_user("bob"))
    actions.publish(actions.save_draft(article, draft(tags=("new tag",)), None, "Another tag"), None)
    return article


def test_the_list_says_who_when_and_what(editor: Client):
    article = edited()
    html = editor.get(f"{URL}{article.pk}/history/").content.decode()
    for text in ("Revision 2", "Another tag", "Revision 1", "bob", "added:", "removed:", "What changed: Tags"):
        assert text in " ".join(html.split())


def test_long_histories_are_paged(editor: Client, django_assert_num_queries):
    article = published()
    for number in range(24):
        actions.save_draft(article, draft(texts={EN: TextDraft("How old?", f"{number}")}), None)
    with django_assert_num_queries(10):
        first = editor.get(f"{URL}{article.pk}/history/")
    assert [entry.revision.number for entry in first.context["entries"]] == [*range(25, 5, -1)]
    assert all(entry.changes for entry in first.context["entries"])
    second = editor.get(f"{URL}{article.pk}/history/?p=2")
    assert [entry.revision.number for entry in second.context["entries"]] == [5, 4, 3, 2, 1]


def test_a_revision_shows_what_visitors_would_see(editor: Client):
    article = published(draft(texts={EN: TextDraft("How?", f"**Like** this. {HOSTILE}")}))
    html = editor.get(f"{URL}{article.pk}/revisions/1/").content.decode()
    assert "<strong>Like</strong>" in html
    assert "Not written in this language." in html
    for bad in ("<script>alert", 'href="javascript', "<img"):
        assert bad not in html


def test_an_older_revision_is_restored_and_published(editor: Client):
    article = edited()
    response = editor.post(f"{URL}{article.pk}/revisions/1/", {"restore": "1"}, follow=True)
    assert "Revision 1 is back as the draft 3." in response.content.decode()
    editor.post(f"{URL}{article.pk}/revisions/3/", {"publish": "1"})
    newest = article.revisions.get(number=3)
    assert (newest.state, newest.tags, newest.author.get_username()) == ("published", ["account"], "ann")


def test_retired(editor: Client):
    article = published()
    response = editor.post(f"{URL}{article.pk}/retire/", follow=True)
    html = response.content.decode()
    assert "This article is retired." in html
    assert "Visitors do not see this article." in html
    editor.post(f"{URL}{article.pk}/change/", form(_publish="1", based_on="1"))
    assert Article.objects.get().state == "published"


def test_the_preview_stores_nothing(editor: Client):
    html = editor.post(f"{URL}preview/", form(answer_en=f"An **A** {HOSTILE}")).content.decode()
    assert "An <strong>A</strong>" in html
    assert "答" in html
    assert "<script>alert" not in html
    assert Article.objects.count() == 0
    refused = editor.post(f"{URL}preview/", form(patterns="(")).content.decode()
    assert "Patterns: ( is not a regular expression" in refused


def test_what_is_not_there(editor: Client):
    article = published()
    paths = [f"{article.pk}/revisions/7/", "12345/revisions/1/", "12345/history/", "x/history/", "12345/retire/"]
    assert [editor.get(URL + path).status_code for path in paths] == [404] * 5
    wrong = [editor.get(f"{URL}preview/"), editor.get(f"{URL}{article.pk}/retire/")]
    assert [response.status_code for response in wrong] == [405, 405]
