"""chat/knowledge/search.py: what readers find, with real articles in the real index."""

from __future__ import annotations

import pytest

from chat.enums import Language
from chat.knowledge import actions, search
from chat.knowledge.drafts import TextDraft
from chat.knowledge.models import Article
from tests.chat.knowledge.articles import draft, published, titled

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("seen_at_once")]
EN, ZH = Language.ENGLISH, Language.CHINESE


@pytest.fixture(autouse=True)
def _articles() -> None:
    texts = {
        EN: TextDraft("My card is lost", "Freeze it **at once**.", ("my card was stolen",)),
        ZH: TextDraft("银行卡丢失", "请马上冻结。", ("我的卡丢了",)),
    }
    published(draft("lost_card", texts, tags=("cards",)))
    published(draft("passport", {EN: TextDraft("Which passport do you take?", "Any valid passport.")}))
    published(draft("fees", {ZH: TextDraft("转账手续费", "转账免费。")}))


def found(words: str) -> list[tuple[str, Language]]:
    """The slugs and languages that a search gives."""
    return [(one.slug, one.language) for one in search.find(words, EN)]


@pytest.mark.parametrize(
    ("words", "slugs"),
    [
        ("lost card", [("lost_card", EN)]),
        ("stolen", [("lost_card", EN)]),
        ("pasport", [("passport", EN)]),
        ("银行卡丢了", [("lost_card", ZH)]),
        ("手续费", [("fees", ZH)]),
        ("zebra", []),
        ("?!", []),
    ],
)
def test_words_find_articles_in_their_language(words: str, slugs: list[tuple[str, Language]]):
    assert found(words) == slugs


def test_an_article_is_shown_in_the_pages_language_unless_the_words_are_chinese():
    assert [(one.slug, one.language) for one in search.find("stolen", ZH)] == [("lost_card", ZH)]
    assert [(one.slug, one.language) for one in search.find("passport", ZH)] == [("passport", EN)]


def test_what_was_found_is_marked_as_the_article_writes_it():
    (result,) = search.find("pasports", EN)
    assert result.title == [("Which ", False), ("passport", True), (" do you take?", False)]
    assert result.excerpt == [("Any valid ", False), ("passport", True), (".", False)]
    assert search.find("银行卡", EN)[0].title == [("银行卡", True), ("丢失", False)]


def test_an_article_that_was_taken_back_is_not_found_any_more(monkeypatch: pytest.MonkeyPatch):
    assert found("passport") == [("passport", EN)]
    index = search._index()
    monkeypatch.setattr(search, "_index", lambda: index)  # it has not heard of it yet
    actions.retire(Article.objects.get(slug="passport"), None)
    assert (found("passport"), search.closest("passport", EN)) == ([], [])


def test_an_edit_is_found_at_the_next_look():
    published(titled("zebra", en="May I pay with a zebra?"))
    assert found("zebra") == [("zebra", EN)]


def test_when_nothing_was_found_the_closest_come_by_any_word_then_by_their_look():
    first, *_others = search.closest("is a zebra lost", EN)
    assert (first.slug, first.title) == ("lost_card", "My card is lost")
    assert [one.slug for one in search.closest("passprtzz", ZH)] == ["passport"]
    assert search.closest("qqqq", EN) == []


def test_related_articles_are_others_in_the_readers_language_where_they_have_it():
    published(titled("spare_card", en="A spare card", zh="备用银行卡"))
    assert [(one.slug, one.title) for one in search.related("lost_card", "My card is lost", ZH)] == [
        ("spare_card", "备用银行卡")
    ]
