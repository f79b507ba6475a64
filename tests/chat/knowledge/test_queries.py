import pytest
from pytest_django import DjangoAssertNumQueries

from chat.knowledge import actions, queries
from chat.knowledge.drafts import TextDraft
from chat.knowledge.models import Article
from chat.knowledge.queries import ListedArticle, Titles
from inference.knowledge import Document, Keyword, Policy, Rule
from tests.chat.knowledge.articles import EN, ZH, draft, published, titled

pytestmark = pytest.mark.django_db


@pytest.fixture
def articles() -> None:
    published(titled("card_arrival", en="card_arrival en", zh="card_arrival zh-hans"))
    published(titled("age_limit", en="age_limit en"))
    actions.save_draft(None, titled("change_pin", en="Not published"), None)


def test_a_title_is_in_the_language_or_in_english_or_the_slugs_words(
    articles: None, django_assert_num_queries: DjangoAssertNumQueries
):
    with django_assert_num_queries(1):
        titles = Titles(["card_arrival", "age_limit", "change_pin"])
        assert titles.of("card_arrival", ZH) == "card_arrival zh-hans"
        assert titles.of("age_limit", ZH) == "age_limit en"
        assert titles.of("change_pin", ZH) == "change pin"


def test_nothing_cited_is_no_query(django_assert_num_queries: DjangoAssertNumQueries):
    with django_assert_num_queries(0):
        assert Titles([]).of("change_pin", EN) == "change pin"


def test_a_page_is_the_published_revision_in_the_language_or_in_one_that_there_is(
    django_assert_num_queries: DjangoAssertNumQueries,
):
    article = published()
    actions.save_draft(article, draft(texts={EN: TextDraft("How young?", "17.")}), None)
    with django_assert_num_queries(2):
        page = queries.article_page("age_limit", ZH)
    assert page is not None
    assert (page.language, page.question, page.answer) == (ZH, "多大年龄？", "十八岁。")
    assert (page.tags, page.languages, page.revision) == (("account",), (EN, ZH), 1)
    published(titled("chinese", zh="只有中文"))
    page = queries.article_page("chinese", EN)
    assert page is not None
    assert (page.language, page.question) == (ZH, "只有中文")


def test_what_is_not_published_has_no_page(articles: None):
    actions.retire(Article.objects.get(slug="age_limit"), None)
    assert [queries.article_page(slug, EN) for slug in ("age_limit", "change_pin", "nowhere")] == [None] * 3


@pytest.mark.parametrize("more", [0, 3])
def test_the_list_of_what_is_published(articles: None, more: int, django_assert_num_queries: DjangoAssertNumQueries):
    for number in range(more):
        published(f"more_{number}")
    with django_assert_num_queries(2):
        listed = queries.published_list(ZH)
    assert listed[:2] == [
        ListedArticle("age_limit", EN, "age_limit en", ("account",)),
        ListedArticle("card_arrival", ZH, "card_arrival zh-hans", ("account",)),
    ]
    assert len(listed) == 2 + more


@pytest.mark.parametrize("more", [0, 3])
def test_the_knowledge_base_is_what_is_published_in_five_queries(
    articles: None, more: int, django_assert_num_queries: DjangoAssertNumQueries
):
    rules = {"keywords": (Keyword("age", 2.0),), "patterns": ("how old",)}
    article = published(draft("aaa", **rules))
    actions.set_policy(article, Policy.MODEL, None)
    for number in range(more):
        published(f"more_{number}")
    with django_assert_num_queries(5):
        knowledge = queries.published_knowledge()
    assert knowledge.documents[:2] == (
        Document("aaa", "en", "How old?", "18.", ("a", "b"), ("account",), 1),
        Document("aaa", "zh-hans", "多大年龄？", "十八岁。", (), ("account",), 1),
    )
    assert knowledge.rules == (Rule("aaa", **rules),)
    assert knowledge.policies == {"aaa": Policy.MODEL}
    assert knowledge.version == queries.knowledge_version()
    assert list(knowledge.documents) == queries.published_documents()
    assert {document.slug for document in knowledge.documents[2:5]} == {"age_limit", "card_arrival"}


def test_after_an_edit_only_what_is_new_is_read():
    one, two = published(draft("one", tags=("a",))), published("two")
    reader = queries.PublishedReader()
    first = reader.read()
    actions.publish(actions.save_draft(one, draft("one", tags=("b",)), None), None)
    second = reader.read()
    assert [(d.slug, d.language, d.tags, d.revision) for d in second.documents] == [
        ("one", "en", ("b",), 2),
        ("one", "zh-hans", ("b",), 2),
        ("two", "en", ("account",), 1),
        ("two", "zh-hans", ("account",), 1),
    ]
    assert [new is old for new, old in zip(second.documents, first.documents, strict=True)] == [False] * 2 + [True] * 2
    actions.retire(two, None)
    assert {document.slug for document in reader.read().documents} == {"one"}


def test_very_many_are_read_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(queries, "MANY", 1)
    for slug in ("one", "two"):
        actions.save_draft(published(slug), draft(slug, tags=("a draft",)), None)
    assert {(d.slug, d.tags) for d in queries.published_documents()} == {("one", ("account",)), ("two", ("account",))}
