"""Drafts, publishing, retiring, restoring, and loading the sample articles."""

from io import StringIO

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import call_command

from chat.enums import Language
from chat.knowledge import actions
from chat.knowledge.actions import Entry, load_sample_knowledge
from chat.knowledge.cleaning import clean_draft
from chat.knowledge.drafts import TextDraft, of_sample
from chat.knowledge.enums import ArticleState
from chat.knowledge.errors import SlugTaken, StaleEdit
from chat.knowledge.models import Article, ArticleText, KnowledgeVersion, Revision
from chat.knowledge.queries import article_page, draft_of, knowledge_version
from chat.knowledge.sample_data import load_articles
from inference.knowledge import Keyword, Policy
from tests.chat.knowledge.articles import EN, draft, published

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann")


def states(article: Article) -> list[tuple[int, str]]:
    return list(article.revisions.order_by("number").values_list("number", "state"))


def other(text: str = "19.") -> actions.ArticleDraft:
    return draft(texts={EN: TextDraft("How old?", text)})


def number() -> int:
    return KnowledgeVersion.objects.get().number


def test_a_draft_is_stored_and_nothing_is_published(ann: User):
    revision = actions.save_draft(None, draft(keywords=(Keyword("age", 2),), patterns=("how old",)), ann, "First")
    assert (revision.article.slug, revision.article.state) == ("age_limit", "draft")
    assert (revision.number, revision.state, revision.author, revision.summary) == (1, "draft", ann, "First")
    expected = clean_draft(draft(keywords=(Keyword("age", 2),), patterns=("how old",)))
    assert draft_of(Revision.objects.get()) == expected
    assert number() == 0
    assert article_page("age_limit", EN) is None


def test_a_slug_is_taken_once(ann: User):
    published()
    with pytest.raises(SlugTaken):
        actions.save_draft(None, draft(), ann)
    assert Revision.objects.count() == 1


def test_what_is_wrong_is_not_stored(ann: User):
    with pytest.raises(ValidationError):
        actions.save_draft(None, draft(patterns=("(a+)+b",)), ann)
    assert Article.objects.count() == 0


def test_a_newer_draft_supersedes_the_older_one_and_publishing_the_published_one(ann: User):
    article = published()
    actions.save_draft(article, other("19."), ann)
    latest = actions.save_draft(article, other("20."), ann)
    assert states(article) == [(1, "published"), (2, "superseded"), (3, "draft")]
    before = knowledge_version()
    actions.publish(latest, ann)
    assert states(article) == [(1, "superseded"), (2, "superseded"), (3, "published")]
    first, _second, third = article.revisions.order_by("number")
    assert (first.ended_by, third.published_by, first.ended_at is not None, third.ended_at) == (ann, ann, True, None)
    assert (number(), knowledge_version() != before) == (2, True)
    page = article_page("age_limit", EN)
    assert page is not None
    assert (page.answer, page.revision) == ("20.", 3)


def test_an_edit_that_changes_nothing_makes_no_revision(ann: User):
    article = published()
    assert actions.save_draft(article, draft(), ann).number == 1
    assert actions.publish(article.revisions.get(), ann).number == 1
    assert (states(article), number()) == ([(1, "published")], 1)


def test_the_second_of_two_editors_is_told(ann: User):
    article = published()
    actions.save_draft(article, other("19."), ann, based_on=1)
    with pytest.raises(StaleEdit) as caught:
        actions.save_draft(article, other("20."), None, based_on=1)
    assert (caught.value.newest.number, "ann has stored revision 2" in caught.value.detail) == (2, True)
    assert states(article) == [(1, "published"), (2, "draft")]
    assert actions.save_draft(article, other("20."), None, based_on=2).number == 3


def test_a_retired_article_keeps_its_revisions_and_can_be_published_again(ann: User):
    article = published()
    actions.retire(article, ann)
    actions.retire(article, None)
    article.refresh_from_db()
    assert (article.state, states(article), article.revisions.get().ended_by) == ("retired", [(1, "superseded")], ann)
    assert (article_page("age_limit", EN), number()) == (None, 2)
    actions.publish(article.revisions.get(), ann)
    article.refresh_from_db()
    assert (article.state, states(article)) == ("published", [(1, "superseded"), (2, "published")])


def test_an_older_revision_comes_back_as_a_draft(ann: User):
    article = published()
    actions.publish(actions.save_draft(article, other(), ann), ann)
    restored = actions.restore(article.revisions.get(number=1), ann)
    assert (restored.number, restored.state, restored.summary) == (3, "draft", "Revision 1 restored")
    assert draft_of(restored) == draft_of(article.revisions.get(number=1))
    assert states(article) == [(1, "superseded"), (2, "published"), (3, "draft")]


def test_who_answers_is_told_to_the_backends_and_written_down(ann: User):
    article = published()
    actions.set_policy(article, Policy.RULES, ann)
    actions.set_policy(article, Policy.RULES, ann)
    article.refresh_from_db()
    assert (article.policy, number()) == ("rules", 2)
    assert [entry.change_message for entry in LogEntry.objects.all()] == ["Who answers: The rules"]


def test_deleted_articles_are_no_longer_published():
    published()
    actions.delete_articles(Article.objects.all())
    assert (Revision.objects.count(), ArticleText.objects.count(), number()) == (0, 0, 2)


def test_many_are_stored_as_one_by_one(ann: User):
    kept, replaced, gone = (published(slug) for slug in ("kept", "replaced", "gone"))
    actions.save_draft(replaced, other("a draft"), None)
    actions.store_many(
        [
            Entry(kept, other("1"), ArticleState.DRAFT),
            Entry(None, draft("new"), ArticleState.PUBLISHED),
            Entry(replaced, other("2"), ArticleState.PUBLISHED),
            Entry(gone, other("3"), ArticleState.RETIRED),
            Entry(None, draft("new_draft"), ArticleState.DRAFT),
        ],
        ann,
        "From a file",
    )
    assert {article.slug: (article.state, states(article)) for article in Article.objects.all()} == {
        "kept": ("published", [(1, "published"), (2, "draft")]),
        "new": ("published", [(1, "published")]),
        "replaced": ("published", [(1, "superseded"), (2, "superseded"), (3, "published")]),
        "gone": ("retired", [(1, "superseded"), (2, "superseded")]),
        "new_draft": ("draft", [(1, "draft")]),
    }
    mine = Revision.objects.filter(author=ann, summary="From a file")
    assert (mine.count(), mine.filter(published_by=ann).count(), number()) == (5, 2, 4)


def test_all_are_retired_in_a_few_statements(ann: User, django_assert_num_queries):
    for slug in ("one", "two", "three"):
        published(slug)
    actions.retire(Article.objects.get(slug="two"), None)
    with django_assert_num_queries(6):
        assert actions.retire_all(Article.objects.all(), ann) == 2
    assert set(Article.objects.values_list("state", flat=True)) == {"retired"}


def test_an_empty_database_gets_the_sample() -> None:
    assert load_sample_knowledge() == 77
    sample = load_articles()[0]
    revision = Revision.objects.get(article__slug=sample.slug)
    text = revision.texts.get(language=Language.CHINESE)
    expected = sample.texts[Language.CHINESE]
    assert (revision.number, revision.state, revision.tags) == (1, "published", list(sample.tags))
    assert (text.question, text.answer) == (expected.title, expected.answers[0])
    assert text.example_questions == list(expected.examples)
    assert ArticleText.objects.count() == 154


def test_the_sample_could_be_an_editors() -> None:
    drafts = [of_sample(sample) for sample in load_articles()]
    assert [clean_draft(draft, new=True) for draft in drafts] == drafts


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
