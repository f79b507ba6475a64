"""chat/knowledge/topics.py: articles in groups for readers."""

from __future__ import annotations

from chat.enums import Language
from chat.knowledge.queries import ListedArticle
from chat.knowledge.topics import PER_TOPIC, by_topic


def listed(slug: str, *tags: str) -> ListedArticle:
    """An article with its slug as title."""
    return ListedArticle(slug, Language.ENGLISH, slug.capitalize(), tags)


def test_the_largest_topic_comes_first_and_what_has_none_last():
    found = by_topic([listed("c", "cards"), listed("b", "cards", "own words"), listed("a", "starter"), listed("d")])
    assert [(topic.name, topic.anchor, [one.slug for one in topic.articles]) for topic in found] == [
        ("Cards", "topic-cards", ["b", "c"]),
        ("own words", "topic-own-words", ["b"]),
        ("Everything else", "topic-", ["a", "d"]),
    ]


def test_a_large_topic_says_how_many_more_there_are():
    (topic,) = by_topic([listed(f"a{number:03}", "cards") for number in range(PER_TOPIC + 7)])
    assert (len(topic.articles), topic.more, topic.articles[-1].slug) == (PER_TOPIC, 7, f"a{PER_TOPIC - 1:03}")
