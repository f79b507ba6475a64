"""Every write to the knowledge base.

A revision is never changed, only its state: an edit makes a new draft, publishing supersedes what was
published before. What changes the published articles also changes the knowledge version, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.knowledge.drafts import ArticleDraft, of_sample
from chat.knowledge.enums import ArticleState, RevisionState
from chat.knowledge.errors import SlugTaken, StaleEdit
from chat.knowledge.models import Article, ArticleText, KnowledgeVersion, Revision
from chat.knowledge.queries import draft_of, newest_revision
from chat.knowledge.sample_data import load_articles

Author = AbstractBaseUser | Any | None


@transaction.atomic
def save_draft(
    article: Article | None, draft: ArticleDraft, author: Author, summary: str = "", *, based_on: int | None = None
) -> Revision:
    """Store a draft as the newest revision (a new article without `article`); unchanged, the newest one stays.

    StaleEdit when `based_on`, the number of the revision that the editor began from, is not the newest any more.
    """
    article = _locked(article) if article else _new_article(draft.slug)
    newest = newest_revision(article)
    if newest and based_on is not None and newest.number != based_on:
        raise StaleEdit(newest)
    if newest and newest.state != RevisionState.SUPERSEDED and _same(newest, draft):
        return newest
    return _add_revision(article, newest, draft, author, summary)


@transaction.atomic
def publish(revision: Revision, author: Author) -> Revision:
    """Make this the published revision; one of the past is restored first, and the new one is published."""
    article = _locked(revision.article)
    revision = Revision.objects.select_related("article").get(pk=revision.pk)
    if revision.state == RevisionState.PUBLISHED:
        return revision
    if revision.state == RevisionState.SUPERSEDED:
        revision = restore(revision, author)
    _end_published(article, author)
    revision.state, revision.published_by, revision.published_at = RevisionState.PUBLISHED, author, timezone.now()
    revision.save(update_fields=["state", "published_by", "published_at"])
    _set_state(article, ArticleState.PUBLISHED)
    return revision


@transaction.atomic
def retire(article: Article, author: Author) -> None:
    """Publish nothing of this article any more; its revisions stay."""
    article = _locked(article)
    if article.state != ArticleState.RETIRED:
        _end_published(article, author)
        _set_state(article, ArticleState.RETIRED)


@transaction.atomic
def restore(revision: Revision, author: Author) -> Revision:
    """What this revision said as a new draft."""
    article = _locked(revision.article)
    summary = _("Revision %(number)d restored") % {"number": revision.number}
    return _add_revision(article, newest_revision(article), draft_of(revision), author, summary)


@transaction.atomic
def set_policy(article: Article, policy: str, author: Author) -> None:
    """Who answers questions about this article; empty for the deployment's own choice."""
    article = _locked(article)
    if article.policy == policy:
        return
    article.policy = policy
    article.save(update_fields=["policy", "updated_at"])
    _raise_version()
    if author is not None:
        message = _("Who answers: %(policy)s") % {"policy": article.get_policy_display() or _("as the site says")}
        LogEntry.objects.log_actions(author.pk, [article], CHANGE, message, single_object=True)


@transaction.atomic
def delete_articles(articles: QuerySet[Article]) -> None:
    """Remove articles with all their revisions."""
    articles.delete()
    _raise_version()


@transaction.atomic
def load_sample_knowledge() -> int:
    """Store the sample articles in an empty knowledge base; how many were stored (0 when it is not empty)."""
    if Article.objects.exists():
        return 0
    drafts = [of_sample(sample) for sample in load_articles()]
    articles = Article.objects.bulk_create(Article(slug=draft.slug, state=ArticleState.PUBLISHED) for draft in drafts)
    _add_many([(article, 1, RevisionState.PUBLISHED, draft) for article, draft in zip(articles, drafts, strict=True)])
    _raise_version()
    return len(articles)


def _locked(article: Article) -> Article:
    return Article.objects.select_for_update().get(pk=article.pk)


def _new_article(slug: str) -> Article:
    article, created = Article.objects.get_or_create(slug=slug)
    if not created:
        raise SlugTaken(slug)
    KnowledgeVersion.objects.get_or_create(id=1, defaults={"changed_at": timezone.now()})
    return article


def _same(revision: Revision, draft: ArticleDraft) -> bool:
    old = draft_of(revision)
    names = ("texts", "tags", "keywords", "patterns")
    return all(getattr(old, name) == getattr(draft, name) for name in names)


def _add_revision(
    article: Article, newest: Revision | None, draft: ArticleDraft, author: Author, summary: str
) -> Revision:
    article.revisions.filter(state=RevisionState.DRAFT).update(state=RevisionState.SUPERSEDED)
    revision = _revision(article, newest.number + 1 if newest else 1, RevisionState.DRAFT, draft, author, summary)
    revision.save()
    ArticleText.objects.bulk_create(_texts(revision, draft))
    article.save(update_fields=["updated_at"])
    return revision


def _add_many(
    rows: Iterable[tuple[Article, int, RevisionState, ArticleDraft]], author: Author = None, summary: str = ""
) -> None:
    rows = list(rows)
    revisions = Revision.objects.bulk_create(_revision(*row, author, summary) for row in rows)
    pairs = zip(revisions, rows, strict=True)
    ArticleText.objects.bulk_create(text for revision, row in pairs for text in _texts(revision, row[3]))


def _revision(
    article: Article, number: int, state: RevisionState, draft: ArticleDraft, author: Author, summary: str
) -> Revision:
    published = {"published_by": author, "published_at": timezone.now()} if state == RevisionState.PUBLISHED else {}
    return Revision(
        article=article,
        number=number,
        state=state,
        author=author,
        summary=summary,
        tags=list(draft.tags),
        keywords=[{"text": keyword.text, "weight": keyword.weight} for keyword in draft.keywords],
        patterns=list(draft.patterns),
        **published,
    )


def _texts(revision: Revision, draft: ArticleDraft) -> list[ArticleText]:
    return [
        ArticleText(
            revision=revision,
            language=language,
            question=text.question,
            answer=text.answer,
            example_questions=list(text.example_questions),
        )
        for language, text in draft.texts.items()
    ]


def _end_published(article: Article, author: Author) -> None:
    ended = {"ended_at": timezone.now(), "ended_by": author}
    article.revisions.filter(state=RevisionState.PUBLISHED).update(state=RevisionState.SUPERSEDED, **ended)


def _set_state(article: Article, state: ArticleState) -> None:
    article.state = state
    article.save(update_fields=["state", "updated_at"])
    _raise_version()


def _raise_version() -> None:
    now = timezone.now()
    if not KnowledgeVersion.objects.filter(id=1).update(number=F("number") + 1, changed_at=now):
        KnowledgeVersion.objects.create(id=1, number=1, changed_at=now)
