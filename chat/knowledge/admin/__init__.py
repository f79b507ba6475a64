"""Help articles in Django admin: the list, the editor's page, revisions, files."""

from chat.knowledge.admin import articles

__all__ = ["articles"]
