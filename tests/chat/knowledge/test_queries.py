import pytest
from pytest_django import DjangoAssertNumQueries

from chat.enums import Language
from chat.knowledge.models import Article, ArticleText
from chat.knowledge.queries import Titles

pytestmark = pytest.mark.django_db


@pytest.fixture
def articles() -> None:
    for slug, languages in {"card_arrival": ("en", "zh-hans"), "age_limit": ("en",)}.items():
        article = Article.objects.create(slug=slug)
        for language in languages:
            ArticleText.objects.create(article=article, language=language, question=f"{slug} {language}", answer="-")


def test_a_title_is_in_the_language_or_in_english_or_the_slugs_words(
    articles: None, django_assert_num_queries: DjangoAssertNumQueries
):
    with django_assert_num_queries(1):
        titles = Titles(["card_arrival", "age_limit", "change_pin"])
        assert titles.of("card_arrival", Language.CHINESE) == "card_arrival zh-hans"
        assert titles.of("age_limit", Language.CHINESE) == "age_limit en"
        assert titles.of("change_pin", Language.CHINESE) == "change pin"


def test_nothing_cited_is_no_query(django_assert_num_queries: DjangoAssertNumQueries):
    with django_assert_num_queries(0):
        assert Titles([]).of("change_pin", Language.ENGLISH) == "change pin"
