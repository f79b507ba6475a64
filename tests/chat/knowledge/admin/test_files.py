"""Import and export in the admin: first what would change, then all of it or nothing."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from chat.knowledge import actions, sheets, transfer
from chat.knowledge.drafts import ArticleDraft, TextDraft
from chat.knowledge.models import Article, ArticleFile, Revision
from chat.knowledge.queries import draft_of
from inference.knowledge import Keyword
from tests.chat.knowledge.admin.conftest import URL
from tests.chat.knowledge.articles import EN, ZH, draft, published, titled

HEADERS = list(transfer.COLUMNS)


def file(*rows: dict[str, str], headers: list[str] = HEADERS) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, headers)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def upload(client: Client, content: bytes, name: str = "articles.csv") -> Any:
    return client.post(f"{URL}import/", {"file": SimpleUploadedFile(name, content)})


def agree(client: Client, response: Any) -> Any:
    return client.post(f"{URL}import/", {"plan": response.context["outcome"].plan}, follow=True)


def faults(response: Any) -> list[tuple[int | None, str]]:
    return response.context["outcome"].problems


def rich() -> list[Article]:
    """Articles with everything in them, in every state."""
    nasty = TextDraft("=HYPERLINK(1)", '\'=x\n\n- **b**, "c"; d', ("-1", "+2", "@a", "a = b"))
    full = draft("-full", {EN: nasty, ZH: TextDraft("＝多大？", "十八")}, tags=("=t", "卡片"))
    full = ArticleDraft(full.slug, full.texts, full.tags, (Keyword("a=b", -1.5), Keyword("x", 2)), ("^=", "(?i)x"))
    articles = [published(full), published("gone"), actions.save_draft(None, draft("new"), None).article]
    actions.retire(articles[1], None)
    return articles


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_was_exported_changes_nothing_and_comes_back_exactly(editor: Client, kind: str):
    before = {article.slug: draft_of(article.revisions.get()) for article in rich()}
    states = dict(Article.objects.values_list("slug", "state"))
    response = editor.get(f"{URL}export/{kind}/")
    assert f".{kind}" in response["Content-Disposition"]
    content = response.content
    unchanged = upload(editor, content)
    assert (unchanged.context["outcome"].rows, ArticleFile.objects.count()) == ([], 0)
    assert "nothing would change" in unchanged.content.decode()
    actions.delete_articles(Article.objects.all())
    agree(editor, upload(editor, content))
    assert {article.slug: draft_of(article.revisions.get()) for article in Article.objects.all()} == before
    assert dict(Article.objects.values_list("slug", "state")) == states


def test_the_selected_ones_are_exported(editor: Client):
    keys = [published(slug).pk for slug in ("one", "two")]
    response = editor.post(URL, {"action": "export_csv", "_selected_action": keys[:1]})
    assert list(sheets.read(response.content)["slug"]) == ["one"]


def test_first_it_is_shown_and_then_done(editor: Client):
    article = published()
    row = {"slug": "age_limit", "state": "published", "question_en": "How old?", "answer_en": "19."}
    shown = upload(editor, file(row, {"slug": "new", "question_zh": "问", "answer_zh": "答"}))
    outcome = shown.context["outcome"]
    assert (outcome.new, outcome.changed, Revision.objects.count()) == (1, 1, 1)
    html = shown.content.decode()
    assert "New articles: 1. Changed articles: 1." in html
    assert "<del>" in html
    assert "1 article was imported." not in html
    assert "2 articles were imported." in agree(editor, shown).content.decode()
    newest = article.revisions.get(number=2)
    assert (newest.state, newest.author.get_username(), newest.summary) == (
        "published",
        "ann",
        "From the file articles.csv",
    )
    assert draft_of(newest) == ArticleDraft("age_limit", {EN: TextDraft("How old?", "19.")})
    assert (Article.objects.get(slug="new").state, ArticleFile.objects.count()) == ("draft", 0)


def test_every_bad_row_is_told_and_nothing_is_imported(editor: Client):
    good = {"slug": "good", "state": "published", "question_en": "Q", "answer_en": "A"}
    response = upload(
        editor,
        file(
            good,
            {**good, "slug": "b d"},
            {},
            {**good, "slug": "c", "state": "open", "answer_en": ""},
            {**good, "slug": "d", "patterns": "(a+)+", "keywords": "x = y"},
            good,
            {**good, "slug": "e", "patterns": "("},
        ),
    )
    found = faults(response)
    assert [number for number, _message in found] == [3, 5, 5, 6, 7, 8]
    assert found[0][1].startswith("slug: A slug has letters")
    assert found[3][1] == "Keywords: x = y: write a word, or a word, = and a number, as in card = 2."
    assert found[4][1] == "slug: Row 2 has the same slug."
    assert "Nothing was imported: 6 faults" in response.content.decode()
    assert (Article.objects.count(), ArticleFile.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (file(headers=["slug", "body"]), "There is no column body."),
        (file(headers=["state"]), "There must be a column slug, and each column once."),
        (b"slug,slug\na,b\n", "There must be a column slug, and each column once."),
        (b"PK broken", "The file cannot be read as XLSX."),
    ],
)
def test_files_that_are_refused(editor: Client, content: bytes, message: str):
    ((number, sentence),) = faults(upload(editor, content))
    assert (number, sentence.startswith(message)) == (None, True)


def test_columns_that_are_missing_stay_as_they_are(editor: Client):
    article = published()
    agree(editor, upload(editor, file({"slug": "age_limit", "tags": "a\nb"}, headers=["slug", "tags"])))
    newest = article.revisions.get(number=2)
    assert (newest.state, draft_of(newest)) == ("draft", draft(tags=("a", "b")))


def test_what_was_changed_meanwhile_is_looked_over_again(editor: Client):
    article = published()
    shown = upload(editor, file({"slug": "age_limit", "tags": "a"}, headers=["slug", "tags"]))
    actions.publish(actions.save_draft(article, titled("age_limit", en="Meanwhile"), None), None)
    again = agree(editor, shown)
    assert "Articles have been changed since." in again.content.decode()
    assert article.revisions.count() == 2
    agree(editor, again)
    assert article.revisions.count() == 3


def test_a_file_that_is_gone(editor: Client):
    response = editor.post(f"{URL}import/", {"plan": "x"}, follow=True)
    assert "Please choose it again." in response.content.decode()


def test_who_may_only_look_exports_and_does_not_import(signed_in):
    client = signed_in("view")
    published()
    assert client.get(f"{URL}export/csv/").status_code == 200
    assert client.get(f"{URL}export/exe/").status_code == 404
    assert (client.get(f"{URL}import/").status_code, upload(client, b"slug\na").status_code) == (403, 403)
    assert f"{URL}import/" not in client.get(URL).content.decode()
    assert signed_in(name="nobody").get(f"{URL}export/csv/").status_code == 403


@pytest.mark.parametrize("count", [2, 30])
def test_the_statements_do_not_grow_with_the_rows(editor: Client, count: int, django_assert_num_queries):
    rows = [{"slug": f"a{n}", "state": "published", "question_en": "Q", "answer_en": "A"} for n in range(count)]
    shown = upload(editor, file(*rows))
    with django_assert_num_queries(27):
        editor.post(f"{URL}import/", {"plan": shown.context["outcome"].plan})
    assert Article.objects.filter(state="published").count() == count
