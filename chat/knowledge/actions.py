"""Every write to the knowledge base.

A revision is never changed, only its state: an edit makes a new draft, publishing supersedes what was
published before. What changes the published articles also changes the knowledge version, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.db.models import F, Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.knowledge.cleaning import clean_draft
from chat.knowledge.drafts import ArticleDraft, of_sample
from chat.knowledge.enums import ArticleState, RevisionState
from chat.knowledge.errors import SlugTaken, StaleEdit
from chat.knowledge.models import Article, ArticleFile, ArticleText, KnowledgeVersion, Revision
from chat.knowledge.queries import draft_of, newest_revision
from chat.knowledge.sample_data import load_articles

Author = Any  # a user, or None for nobody in particular
_STATES = {
    ArticleState.DRAFT: RevisionState.DRAFT,
    ArticleState.PUBLISHED: RevisionState.PUBLISHED,
    ArticleState.RETIRED: RevisionState.SUPERSEDED,
}


@transaction.atomic
def save_draft(
    article: Article | None, draft: ArticleDraft, author: Author, summary: str = "", *, based_on: int | None = None
) -> Revision:
    """Store a draft as the newest revision (a new article without `article`); unchanged, the newest one stays.

    ValidationError by field for what is wrong with it (see chat.knowledge.cleaning). StaleEdit when `based_on`,
    the number of the revision that the editor began from, is not the newest any more.
    """
    draft = clean_draft(draft, new=article is None)
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
    _end_published([article.pk], author)
    revision.state, revision.published_by, revision.published_at = RevisionState.PUBLISHED, author, timezone.now()
    revision.save(update_fields=["state", "published_by", "published_at"])
    _set_state(article, ArticleState.PUBLISHED)
    return revision


@transaction.atomic
def retire(article: Article, author: Author) -> None:
    """Publish nothing of this article any more; its revisions stay."""
    retire_all(Article.objects.filter(pk=article.pk), author)


@transaction.atomic
def retire_all(articles: QuerySet[Article], author: Author) -> int:
    """Publish nothing of these articles any more; how many were not retired before."""
    keys = list(articles.exclude(state=ArticleState.RETIRED).select_for_update().values_list("pk", flat=True))
    if keys:
        _end_published(keys, author)
        Article.objects.filter(pk__in=keys).update(state=ArticleState.RETIRED, updated_at=timezone.now())
        _raise_version()
    return len(keys)


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


@dataclass(frozen=True, slots=True)
class Entry:
    """An article of a file: what it is to say and to be; `article` is None for one that is new."""

    article: Article | None
    draft: ArticleDraft
    state: ArticleState


@transaction.atomic
def store_many(entries: Iterable[Entry], author: Author = None, summary: str = "") -> None:
    """A new revision for each entry, in a few statements however many there are; the drafts are clean already.

    A draft leaves published what is published.
    """
    entries = [replace(entry, article=article) for entry, article in _with_articles(list(entries))]
    numbers = _newest_numbers([entry.article.pk for entry in entries if entry.article])
    keys = {
        state: [entry.article.pk for entry in entries if entry.state == state and entry.article]
        for state in ArticleState
    }
    _end_published(keys[ArticleState.PUBLISHED] + keys[ArticleState.RETIRED], author)
    Revision.objects.filter(article_id__in=list(numbers), state=RevisionState.DRAFT).update(
        state=RevisionState.SUPERSEDED
    )
    _add_many(entries, numbers, author, summary)
    now = timezone.now()
    for state in (ArticleState.PUBLISHED, ArticleState.RETIRED):
        Article.objects.filter(pk__in=keys[state]).update(state=state)
    Article.objects.filter(pk__in=list(numbers)).update(updated_at=now)
    _raise_version()


def keep_file(user: Any, name: str, content: bytes) -> ArticleFile:
    """Keep an uploaded file while its person looks over what it would change."""
    kept, _created = ArticleFile.objects.update_or_create(user=user, defaults={"name": name[:100], "content": content})
    return kept


def drop_file(user: Any) -> None:
    """Forget the person's file."""
    ArticleFile.objects.filter(user=user).delete()


def load_sample_knowledge() -> int:
    """Store the sample articles in an empty knowledge base; how many were stored (0 when it is not empty)."""
    with transaction.atomic():
        if Article.objects.exists():
            return 0
        drafts = [of_sample(sample) for sample in load_articles()]
        store_many(Entry(None, draft, ArticleState.PUBLISHED) for draft in drafts)
    return len(drafts)


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


def _with_articles(entries: list[Entry]) -> Iterator[tuple[Entry, Article]]:
    """Each entry with its article, the new ones stored."""
    new = [entry for entry in entries if entry.article is None]
    created = iter(Article.objects.bulk_create(Article(slug=entry.draft.slug) for entry in new))
    return ((entry, entry.article or next(created)) for entry in entries)


def _newest_numbers(keys: list[int]) -> dict[int, int]:
    """The newest revision's number by article; 0 for an article without any."""
    newest = Revision.objects.filter(article_id__in=keys).values_list("article_id").annotate(Max("number"))
    return dict.fromkeys(keys, 0) | dict(newest.order_by())


def _add_many(entries: list[Entry], numbers: dict[int, int], author: Author, summary: str) -> None:
    revisions = Revision.objects.bulk_create(
        _revision(entry.article, numbers[entry.article.pk] + 1, _STATES[entry.state], entry.draft, author, summary)
        for entry in entries
        if entry.article
    )
    pairs = zip(revisions, entries, strict=True)
    ArticleText.objects.bulk_create(text for revision, entry in pairs for text in _texts(revision, entry.draft))


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


def _end_published(articles: list[int], author: Author) -> None:
    ended = {"ended_at": timezone.now(), "ended_by": author}
    published = Revision.objects.filter(article_id__in=articles, state=RevisionState.PUBLISHED)
    published.update(state=RevisionState.SUPERSEDED, **ended)


def _set_state(article: Article, state: ArticleState) -> None:
    article.state = state
    article.save(update_fields=["state", "updated_at"])
    _raise_version()


def _raise_version() -> None:
    now = timezone.now()
    if not KnowledgeVersion.objects.filter(id=1).update(number=F("number") + 1, changed_at=now):
        KnowledgeVersion.objects.create(id=1, number=1, changed_at=now)
