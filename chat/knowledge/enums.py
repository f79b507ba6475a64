"""Closed sets of values of the knowledge base."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from inference.knowledge import Policy


class ArticleState(models.TextChoices):
    """PUBLISHED while a revision is published, DRAFT before the first one, RETIRED when taken back."""

    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    RETIRED = "retired", _("Retired")


class RevisionState(models.TextChoices):
    """DRAFT is the newest one that waits to be published; SUPERSEDED is everything of the past."""

    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    SUPERSEDED = "superseded", _("Superseded")


class AnswerPolicy(models.TextChoices):
    """Who answers questions about an article; none of them means as the deployment says."""

    RULES = Policy.RULES.value, _("The rules")
    MODEL = Policy.MODEL.value, _("The model")
    RULES_WHEN_SURE = Policy.RULES_WHEN_SURE.value, _("The rules when they are sure, else the model")
