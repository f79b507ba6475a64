"""Loading the sample articles into the database."""

from io import StringIO

import pytest
from django.core.management import call_command

from chat.enums import Language
from chat.knowledge.actions import load_sample_knowledge
from chat.knowledge.models import Article, ArticleText, Revision
from chat.knowledge.sample_data import load_articles

pytestmark = pytest.mark.django_db


def test_an_empty_database_gets_the_sample() -> None:
    assert load_sample_knowledge() == 77
    sample = load_articles()[0]
    revision = Revision.objects.get(article__slug=sample.slug)
    text = revision.texts.get(language=Language.CHINESE)
    expected = sample.texts[Language.CHINESE]
    assert (revision.number, revision.state, revision.tags) == (1, "published", list(sample.tags))
    assert (text.question, text.answer) == (expected.title, expected.answers[0])
    assert text.example_questions == list(expected.questions)
    assert ArticleText.objects.count() == 154


def test_a_second_time_changes_nothing() -> None:
    load_sample_knowledge()
    Article.objects.exclude(slug="card_arrival").delete()
    assert (load_sample_knowledge(), Article.objects.count()) == (0, 1)


def test_the_command_says_what_it_did() -> None:
    said = []
    for _ in range(2):
        out = StringIO()
        call_command("load_knowledge", stdout=out)
        said.append(out.getvalue().strip())
    assert said == ["77 articles were loaded.", "There are articles already; nothing was changed."]
