"""chat/knowledge/views.py: the help pages as a browser without JavaScript gets them."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from chat.enums import Language
from chat.knowledge import actions
from chat.knowledge.drafts import TextDraft
from chat.knowledge.models import Article
from tests.chat.knowledge.articles import draft, published

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("seen_at_once")]
EN, ZH = Language.ENGLISH, Language.CHINESE
ANSWER = (
    "Freeze it in **Cards**. See [fees](/help/fees/) or <script>alert(1)</script>.\n\n| a |\n|---|\n| 1 |\n\n    code"
)


@pytest.fixture(autouse=True)
def _articles() -> None:
    texts = {EN: TextDraft("My card is lost", ANSWER), ZH: TextDraft("银行卡丢失", "请马上冻结。")}
    published(draft("lost_card", texts, tags=("cards", "security")))
    published(draft("fees", {ZH: TextDraft("转账手续费", "转账免费。")}, tags=("transfers",)))


def get(client: Client, path: str, language: str = "en", **headers: str) -> HttpResponse:
    """A page as a browser of that language asks for it."""
    return client.get(path, headers={"accept-language": language, **headers})


def body(response: HttpResponse) -> str:
    """The page with its characters as they are read."""
    return unescape(response.content.decode())


def headings(response: HttpResponse, level: int = 1) -> list[str]:
    """The texts of the headings of one level."""
    found = re.findall(rf"<h{level}[^>]*>(.*?)</h{level}>", response.content.decode(), re.DOTALL)
    return [unescape(re.sub("<[^>]+>", "", text)) for text in found]


def links(response: HttpResponse, under: str = "/help/") -> list[str]:
    """Where the page's links lead, of those under a path."""
    return [path for path in re.findall(r'<a [^>]*?href="([^"#]*)', body(response)) if path.startswith(under)]


def test_the_index_lists_what_is_published_by_topic(client: Client):
    published(draft("draft_only", {EN: TextDraft("Kept back", "-")}))
    actions.retire(Article.objects.get(slug="draft_only"), None)
    response = get(client, "/help/")
    assert headings(response, 2)[:3] == ["Cards", "Security", "Transfers"]
    found = [path for path in links(response) if path != "/help/"]
    assert found == ["/help/lost_card/", "/help/lost_card/", "/help/fees/"]
    assert '<a href="/help/fees/" lang="zh-hans">转账手续费</a>' in body(response)
    assert '<form class="search" role="search" action="/help/search/">' in body(response)


def test_an_empty_knowledge_base_says_so(client: Client):
    actions.delete_articles(Article.objects.all())
    assert "There are no articles yet." in body(get(client, "/help/"))


@pytest.mark.parametrize(
    ("path", "language", "title", "shown"),
    [
        ("/help/lost_card/", "en", "My card is lost", "en"),
        ("/help/lost_card/", "zh-CN", "银行卡丢失", "zh-hans"),
        ("/help/lost_card/?lang=zh-hans", "en", "银行卡丢失", "zh-hans"),
        ("/help/lost_card/?lang=xx", "en", "My card is lost", "en"),
        ("/help/fees/", "en", "转账手续费", "en"),
    ],
)
def test_an_article_is_in_the_readers_language_or_in_the_one_that_there_is(
    client: Client, path: str, language: str, title: str, shown: str
):
    response = get(client, path, language)
    assert (headings(response), response["Content-Language"]) == ([title], shown)
    assert f'<html lang="{shown}">' in body(response)


def test_an_article_in_the_other_language_alone_says_so(client: Client):
    html = body(get(client, "/help/fees/"))
    assert '<article class="answer" lang="zh-hans">' in html
    assert "There is only a Chinese version of this article." in html


def test_an_article_offers_its_other_language(client: Client):
    assert '<a href="/help/lost_card/?lang=zh-hans" hreflang="zh-hans" lang="zh-hans">中文</a>' in body(
        get(client, "/help/lost_card/")
    )
    assert 'hreflang="en"' not in body(get(client, "/help/fees/"))


def test_who_came_by_an_address_with_a_language_stays_in_it(client: Client):
    index = get(client, "/help/?lang=zh-hans")
    assert set(links(index)) == {"/help/lost_card/?lang=zh-hans", "/help/fees/?lang=zh-hans"}
    assert '<input type="hidden" name="lang" value="zh-hans">' in body(index)
    assert '<input type="hidden" name="next" value="/help/">' in body(index)  # or the switch would switch nothing


def test_the_answer_is_sanitised_and_wide_things_scroll_by_themselves(client: Client):
    html = get(client, "/help/lost_card/").content.decode()
    assert '<strong>Cards</strong>. See <a href="/help/fees/" rel="noopener noreferrer">fees</a>' in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert '<div class="table" role="group" tabindex="0" aria-label="Table"><table>' in html
    assert '<pre tabindex="0"><code>code' in html


def test_a_page_tells_others_its_addresses(client: Client):
    html = body(get(client, "/help/lost_card/"))
    address = "http://testserver/help/lost_card/"
    assert re.findall(r'<link rel="(?:canonical|alternate)"[^>]*>', html) == [
        f'<link rel="canonical" href="{address}?lang=en">',
        f'<link rel="alternate" hreflang="en" href="{address}?lang=en">',
        f'<link rel="alternate" hreflang="zh-Hans" href="{address}?lang=zh-hans">',
        f'<link rel="alternate" hreflang="x-default" href="{address}">',
    ]
    assert "<title>My card is lost · Duologue</title>" in html
    assert '<meta name="description" content="Freeze it in Cards. See fees or' in html


def test_ask_about_this_carries_the_question_to_the_chat(client: Client):
    assert "/?new=1&ask=My%20card%20is%20lost" in links(get(client, "/help/lost_card/"), "/?")


@pytest.mark.parametrize("path", ["/help/", "/help/lost_card/"])
def test_a_page_that_has_not_changed_is_not_sent_again(client: Client, path: str):
    first = get(client, path)
    assert first["Cache-Control"] == "private, no-cache"
    again = get(client, path, **{"if-none-match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert again["Cache-Control"] == "private, no-cache"
    assert {"Cookie", "Accept-Language"} <= {name.strip() for name in again["Vary"].split(",")}
    assert get(client, path, **{"if-modified-since": first["Last-Modified"]}).status_code == 304


def test_a_change_of_anything_on_the_page_is_seen_at_once(client: Client):
    tag = {"if-none-match": get(client, "/help/lost_card/")["ETag"]}
    assert get(client, "/help/lost_card/", "zh-CN", **tag).status_code == 200
    client.force_login(User.objects.create_user("ann"))
    assert get(client, "/help/lost_card/", **tag).status_code == 200
    client.logout()
    article = Article.objects.get(slug="lost_card")
    actions.publish(actions.save_draft(article, draft("lost_card", {EN: TextDraft("Lost!", "-")}), None), None)
    assert headings(get(client, "/help/lost_card/", **tag)) == ["Lost!"]


@pytest.mark.parametrize("state", ["unknown", "draft", "retired"])
def test_what_is_not_published_is_missing_with_help(client: Client, state: str):
    if state == "draft":
        actions.save_draft(None, draft("card_lost"), None)
    elif state == "retired":
        actions.retire(published("card_lost"), None)
    response = get(client, "/help/card_lost/")
    assert (response.status_code, headings(response)) == (404, ["There is no such article"])
    assert links(response) == ["/help/", "/help/lost_card/"]
    assert (response["Cache-Control"], 'role="search"' in body(response)) == ("private, no-store", True)


def test_a_search_shows_what_it_found_with_the_words_marked(client: Client):
    response = get(client, "/help/search/?q=+frozen+lost%0acards+")
    assert headings(response, 2)[0] == "My card is lost"
    assert '<h2><a href="/help/lost_card/">My <mark>card</mark> is <mark>lost</mark></a></h2>' in body(response)
    assert 'value="frozen lost cards"' in body(response)
    assert '<meta name="robots" content="noindex">' in body(response)
    assert response["Cache-Control"] == "private, no-store"


def test_a_result_in_the_other_language_opens_in_it(client: Client):
    html = body(get(client, "/help/search/?q=手续费"))
    assert '<li lang="zh-hans">' in html
    assert '<a href="/help/fees/?lang=zh-hans">转账<mark>手续费</mark></a>' in html


def test_nothing_found_is_said_and_leads_on(client: Client):
    response = get(client, "/help/search/?q=lst+zebra")
    assert "No article was found for “lst zebra”." in body(response)
    assert links(response, "/?") == ["/?new=1&ask=lst%20zebra"]


@pytest.mark.parametrize("words", ['"><script>alert(1)</script>', "<mark>lost</mark>", "{{ query }}", "%00lost"])
def test_what_was_searched_for_stays_text(client: Client, words: str):
    response = client.get("/help/search/", {"q": words})
    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()
    assert "<mark>lost</mark>&quot;" not in response.content.decode()


def test_a_question_is_cut_to_its_limit(client: Client):
    html = client.get("/help/search/", {"q": "lost " * 10_000}).content.decode()
    assert f'value="{("lost " * 40).strip()}"' in html


@pytest.mark.parametrize(
    ("path", "to"), [("", "/help/"), ("?q=++", "/help/"), ("?lang=zh-hans", "/help/?lang=zh-hans")]
)
def test_no_words_lead_back_to_the_topics(client: Client, path: str, to: str):
    response = get(client, f"/help/search/{path}")
    assert (response.status_code, response["Location"]) == (302, to)


def test_too_many_searches_are_refused_in_words(client: Client, settings):
    settings.CHAT_LIMITS = {**settings.CHAT_LIMITS, "rate_address": (2, 60)}
    assert [get(client, "/help/search/?q=lost").status_code for _ in range(2)] == [200, 200]
    response = get(client, "/help/search/?q=lost")
    assert (response.status_code, int(response["Retry-After"]) > 0) == (429, True)
    assert "Too many searches in a short time." in body(response)
    assert links(get(client, "/help/card_lost/")) == ["/help/"]  # no closest ones: that would be a search, too
    assert get(client, "/help/lost_card/").status_code == 200


def test_a_search_is_not_written_to_the_log(client: Client, settings, caplog: pytest.LogCaptureFixture):
    settings.CHAT_LIMITS = {**settings.CHAT_LIMITS, "rate_address": (1, 60)}
    for _ in range(2):
        get(client, "/help/search/?q=secretword")
    assert [record.getMessage() for record in caplog.records] == ["Too Many Requests: /help/search/"]


@pytest.mark.parametrize("path", ["/help/", "/help/lost_card/", "/help/search/?q=lost"])
def test_the_pages_take_no_post(client: Client, path: str):
    assert client.post(path).status_code == 405
