"""The sample business itself: complete, in shape, and without a question that stands in two places."""

from collections import Counter

import pytest

from chat.enums import Language
from chat.knowledge.sample_data import (
    SampleArticle,
    load_articles,
    load_intents,
    load_more_questions,
    load_out_of_scope,
    load_small_talk,
)

ARTICLES = load_articles()


def test_there_are_77_articles_with_different_slugs() -> None:
    assert (len(ARTICLES), len({article.slug for article in ARTICLES})) == (77, 77)


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.slug)
def test_an_article_is_complete(article: SampleArticle) -> None:
    assert article.slug == article.slug.lower()
    assert 1 <= len(article.tags) <= 2
    for language, count in ((Language.ENGLISH, 8), (Language.CHINESE, 36)):
        text = article.texts[language]
        assert (len(set(text.answers)), len(set(text.questions)), len(text.follow_ups)) == (3, count, 2)
        assert [len(set(item.questions)) for item in text.follow_ups] == [3, 3]
        everything = [text.title, *text.answers, *text.questions]
        assert [item for item in everything if not item.strip() or "\ufffd" in item or "<|" in item] == []


def test_no_question_stands_in_two_articles() -> None:
    counts = Counter(q.lower() for article in ARTICLES for text in article.texts.values() for q in text.questions)
    assert [question for question, count in counts.items() if count > 1] == []


def test_more_questions_are_of_known_articles_and_new() -> None:
    more = load_more_questions()
    known = {question for article in ARTICLES for question in article.texts[Language.CHINESE].questions}
    assert set(more) == {article.slug for article in ARTICLES}
    counts = Counter(question for questions in more.values() for question in questions)
    assert [question for question, count in counts.items() if count > 1 or question in known] == []


def test_small_talk_and_refusals_are_in_both_languages() -> None:
    talk, refusals = load_small_talk(), load_out_of_scope()
    assert {entry.language for entry in refusals} == set(Language)
    assert Counter(entry.language for entry in talk)[Language.ENGLISH] == len(talk) // 2
    assert [entry.key for entry in (*talk, *refusals) if not entry.questions or not entry.answers] == []


def test_every_published_intent_has_a_topic() -> None:
    intents, topics = load_intents(), {entry.key for entry in load_small_talk()}
    assert set(intents["small_talk"].values()) - topics == set()
    assert set(intents["small_talk"]) & set(intents["out_of_scope"]) == set()
