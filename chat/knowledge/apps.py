"""The knowledge base as Django knows it."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KnowledgeConfig(AppConfig):
    """The room of help articles."""

    name = "chat.knowledge"
    label = "knowledge"
    verbose_name = _("Knowledge base")

    def ready(self) -> None:
        from chat.knowledge.source import source
        from inference import knowledge

        knowledge.connect(source)
