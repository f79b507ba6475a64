"""The list of articles and the editor's page."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from chat.knowledge import actions
from chat.knowledge.drafts import TextDraft
from chat.knowledge.models import Article, Revision
from chat.knowledge.queries import article_page, draft_of
from inference.knowledge import Keyword
from tests.chat.knowledge.admin.conftest import URL, form
from tests.chat.knowledge.articles import EN, ZH, draft, published, titled


def errors(response) -> dict[str, list[str]]:
    assert response.status_code == 200
    return response.context["adminform"].form.errors


def listed(client: Client, query: str) -> list[str]:
    return [row.slug for row in client.get(URL + query).context["cl"].result_list]


def test_what_is_written_becomes_a_draft(editor: Client):
    response = editor.post(f"{URL}add/", form(), follow=True)
    revision = Revision.objects.get()
    assert draft_of(revision) == draft(
        "new",
        {EN: TextDraft("Q", "An **A**", ("x", "y")), ZH: TextDraft("问", "答")},
        tags=("one", "two"),
        keywords=(Keyword("card", 2.0), Keyword("lost", 1.0)),
        patterns=("lost.*card",),
    )
    assert (revision.state, revision.summary, revision.author.get_username()) == ("draft", "First", "ann")
    assert "Revision 1 is stored as a draft." in response.content.decode()
    assert response.request["PATH_INFO"] == f"{URL}{revision.article_id}/change/"
    assert LogEntry.objects.get().change_message.startswith("Revision 1 is stored as a draft.")


def test_the_form_shows_what_is_stored(editor: Client):
    editor.post(f"{URL}add/", form())
    html = editor.get(f"{URL}{Article.objects.get().pk}/change/").content.decode()
    for text in (">\none\ntwo</textarea>", ">\ncard = 2\nlost = 1</textarea>", 'name="based_on" value="1"'):
        assert text in html
    assert 'name="slug"' not in html
    assert 'class="deletelink"' in html


def test_publish_publishes_at_once(editor: Client):
    editor.post(f"{URL}add/", form(_publish="Publish", policy="model"))
    page = article_page("new", ZH)
    assert page is not None
    assert (page.answer, Article.objects.get().policy) == ("答", "model")
    article = Article.objects.get()
    response = editor.post(f"{URL}{article.pk}/change/", form(answer_zh="新的", based_on="1"), follow=True)
    assert "The draft 2 waits to be published." in response.content.decode()
    page = article_page("new", ZH)
    assert page is not None
    assert page.answer == "答"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("slug", "taken", "Article with this Slug already exists."),
        ("patterns", "(a+)+", "repeats a group"),
        ("patterns", "(", "is not a regular expression"),
        ("keywords", "card = many", "card = many: write a word, or a word, = and a number, as in card = 2."),
        ("answer_en", "", "Write it, or leave everything of this language empty."),
        ("examples_zh", "x" * 501, "A line has at most 500 characters"),
    ],
)
def test_faults_stand_at_their_fields(editor: Client, field: str, value: str, message: str):
    published("taken")
    found = errors(editor.post(f"{URL}add/", form(**{field: value})))
    assert list(found) == [field]
    assert message in found[field][0]
    assert Article.objects.count() == 1


def test_the_slower_of_two_editors_loses_nothing(editor: Client):
    article = published()
    url = f"{URL}{article.pk}/change/"
    mine, theirs = (form(question_en=text, based_on="1") for text in ("Mine", "Theirs"))
    editor.post(url, theirs)
    response = editor.post(url, mine)
    assert "ann has stored revision 2 while you were editing." in errors(response)["__all__"][0]
    html = response.content.decode()
    assert 'value="Mine"' in html
    assert 'name="based_on" value="2"' in html
    assert f"{URL}{article.pk}/revisions/2/" in html
    editor.post(url, {**mine, "based_on": "2"})
    assert list(article.revisions.order_by("number").values_list("number", "state")) == [
        (1, "published"),
        (2, "superseded"),
        (3, "draft"),
    ]


def test_one_who_was_slower_by_a_moment_is_told_the_same(editor: Client, monkeypatch: pytest.MonkeyPatch):
    article = published()
    store = actions.save_draft

    def after_another(*args, **kwargs):
        monkeypatch.setattr(actions, "save_draft", store)
        store(article, draft(tags=("theirs",)), None)
        return store(*args, **kwargs)

    monkeypatch.setattr(actions, "save_draft", after_another)
    response = editor.post(f"{URL}{article.pk}/change/", form(question_en="Mine", based_on="1"))
    assert (response.status_code, article.revisions.count()) == (302, 2)


@pytest.mark.parametrize("query", ["age", "多大", "how+old", "十八", "age+old", '"How+old"'])
def test_search_in_both_languages(editor: Client, query: str):
    published()
    published(titled("other", en="Something else"))
    assert listed(editor, f"?q={query}") == ["age_limit"]


def test_search_forgets_what_is_no_longer_said(editor: Client):
    article = published()
    actions.publish(actions.save_draft(article, titled("age_limit", en="Your age"), None), None)
    assert (listed(editor, "?q=多大"), listed(editor, "?q=Your")) == ([], ["age_limit"])


def test_filters(editor: Client):
    actions.retire(published(titled("gone", zh="走了")), None)
    actions.save_draft(None, draft("new", tags=("卡片",)), None)
    actions.save_draft(published("waiting"), draft("waiting", tags=("account", "pin")), None)
    published(titled("shown", en="Shown"))
    assert {
        query: listed(editor, f"?{query}")
        for query in (
            "state=draft",
            "state=published",
            "state=retired",
            "state=waiting",
            "missing=en",
            "missing=zh-hans",
            "tag=卡片",
            "tag=pin",
            "tag=acc",
        )
    } == {
        "state=draft": ["new"],
        "state=published": ["shown", "waiting"],
        "state=retired": ["gone"],
        "state=waiting": ["new", "waiting"],
        "missing=en": ["gone"],
        "missing=zh-hans": ["shown"],
        "tag=卡片": ["new"],
        "tag=pin": ["waiting"],
        "tag=acc": [],
    }
    html = editor.get(URL).content.decode()
    assert "draft waits" in html
    assert ">卡片</a>" in html


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_takes_ten_queries(editor: Client, rows: int, django_assert_num_queries):
    for number in range(rows):
        published(f"article-{number}")
    # Session, user, permissions of both kinds, tags in use, the count (twice, by Django), articles, revisions, texts.
    with django_assert_num_queries(10):
        editor.get(URL)


def test_many_are_retired_at_once(editor: Client):
    keys = [published(slug).pk for slug in ("one", "two", "three")]
    data = {"action": "retire_selected", "_selected_action": keys[:2]}
    response = editor.post(URL, data, follow=True)
    assert "2 articles were retired." in response.content.decode()
    assert set(Article.objects.values_list("slug", "state")) == {
        ("one", "retired"),
        ("two", "retired"),
        ("three", "published"),
    }


def test_deleting_reaches_the_backends(editor: Client):
    keys = [published(slug).pk for slug in ("one", "two", "three")]
    editor.post(f"{URL}{keys[0]}/delete/", {"post": "yes"})
    editor.post(URL, {"action": "delete_selected", "_selected_action": keys[1:2], "post": "yes"})
    assert list(Article.objects.values_list("slug", flat=True)) == ["three"]
    from chat.knowledge.models import KnowledgeVersion

    assert KnowledgeVersion.objects.get().number == 5


def test_who_may_only_look_gets_the_revisions(signed_in):
    client, article = signed_in("view"), published()
    url = f"{URL}{article.pk}/"
    assert client.get(f"{url}change/").headers["Location"] == f"{url}history/"
    assert client.get(f"{url}history/").status_code == 200
    assert "Publish</button>" not in client.get(f"{url}revisions/1/").content.decode()
    refused = [
        client.post(f"{url}revisions/1/", {"restore": "1"}),
        client.post(f"{url}retire/"),
        client.post(f"{URL}preview/", form()),
        client.post(f"{URL}add/", form()),
    ]
    assert [response.status_code for response in refused] == [403] * 4
    assert (article.revisions.count(), Article.objects.get().state) == (1, "published")
