"""Help articles, each in one or more languages."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.enums import Language


class Article(models.Model):
    """A topic of the help pages; `slug` is what an answer cites."""

    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    tags = models.JSONField(_("tags"), default=list, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug


class ArticleText(models.Model):
    """One language of an article: the question as its title, the answer, and how people ask."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="texts")
    language = models.CharField(_("language"), max_length=8, choices=Language)
    question = models.CharField(_("question"), max_length=200)
    answer = models.TextField(_("answer"))
    example_questions = models.JSONField(_("example questions"), default=list, blank=True)

    class Meta:
        verbose_name = _("article text")
        verbose_name_plural = _("article texts")
        constraints = [models.UniqueConstraint(fields=["article", "language"], name="article_text_per_language")]

    def __str__(self) -> str:
        return self.question
