"""Closed sets of values of this room."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Audience(models.TextChoices):
    """Who may begin a conversation with an assistant, and go on with one."""

    EVERYBODY = "everybody", _("Everybody")
    SIGNED_IN = "signed_in", _("People who are signed in")
    STAFF = "staff", _("Staff")


class Needs(models.TextChoices):
    """Which engines are good enough for an assistant."""

    ANY = "any", _("Any engine")
    LARGE = "large", _("A large language model")


class FieldKind(models.TextChoices):
    """What stands in a field of a structured result."""

    CHOICE = "choice", _("One of these values")
    TEXT = "text", _("Text")
    LIST = "list", _("Several texts")
