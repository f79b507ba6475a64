"""The assistants as Django knows them."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AssistantsConfig(AppConfig):
    """The room of assistants."""

    name = "chat.assistants"
    label = "assistants"
    verbose_name = _("Assistants")
