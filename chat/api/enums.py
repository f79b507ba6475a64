"""What a key may be used for."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    """Parts of the API; the values are stored."""

    MODELS = "models", _("list the models")
    CHAT = "chat", _("chat completions")
    COMPLETIONS = "completions", _("completions of a text")
