"""The API's room as Django knows it."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    """The room of keys and their use."""

    name = "chat.api"
    label = "api"
    verbose_name = _("API")
