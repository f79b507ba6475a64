"""Help articles and their revisions, each revision in one or more languages."""

import json
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chat.enums import Language
from chat.knowledge.enums import AnswerPolicy, ArticleState, RevisionState


class ReadableJSON(json.JSONEncoder):
    """Writes Chinese as it is, on every database, so that a list can be searched as text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "ensure_ascii": False})


class Article(models.Model):
    """A topic of the help pages; `slug` is what an answer cites. What it says stands in its revisions."""

    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    state = models.CharField(_("state"), max_length=10, choices=ArticleState, default=ArticleState.DRAFT, db_index=True)
    policy = models.CharField(_("who answers"), max_length=16, choices=AnswerPolicy, default="", blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug


class Revision(models.Model):
    """What an article said, or will say, and who wrote that when. Its texts and rules are never changed again."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField(_("number"))
    state = models.CharField(_("state"), max_length=10, choices=RevisionState, default=RevisionState.DRAFT)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("author"),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    summary = models.CharField(_("what changed"), max_length=200, blank=True, default="")
    tags = models.JSONField(_("tags"), default=list, blank=True, encoder=ReadableJSON)
    keywords = models.JSONField(_("keywords"), default=list, blank=True)
    patterns = models.JSONField(_("patterns"), default=list, blank=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    ended_at = models.DateTimeField(_("published until"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        ordering = ["article", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["article", "number"], name="revision_number_per_article"),
            models.UniqueConstraint(
                fields=["article"], condition=Q(state=RevisionState.PUBLISHED), name="one_published_revision"
            ),
            models.UniqueConstraint(
                fields=["article"], condition=Q(state=RevisionState.DRAFT), name="one_draft_revision"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.article.slug} {self.number}"


class ArticleText(models.Model):
    """One language of a revision: the question as its title, the answer, and how people ask."""

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="texts")
    language = models.CharField(_("language"), max_length=8, choices=Language)
    question = models.CharField(_("question"), max_length=200)
    answer = models.TextField(_("answer"))
    example_questions = models.JSONField(_("example questions"), default=list, blank=True)

    class Meta:
        verbose_name = _("article text")
        verbose_name_plural = _("article texts")
        constraints = [models.UniqueConstraint(fields=["revision", "language"], name="article_text_per_language")]

    def __str__(self) -> str:
        return self.question


class KnowledgeVersion(models.Model):
    """One row that changes with whatever is published, in the same transaction; no row before the first article."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.PositiveBigIntegerField(default=0)
    # A number can come again, after a backup was put back; together with the time it does not.
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_knowledge_version")]

    def __str__(self) -> str:
        return f"{self.number}.{self.changed_at.timestamp():.6f}"


class ArticleFile(models.Model):
    """A file that somebody has uploaded and looks over before it is imported; a newer one takes its place."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=100)
    content = models.BinaryField()
    created_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("article file")
        verbose_name_plural = _("article files")

    def __str__(self) -> str:
        return self.name
