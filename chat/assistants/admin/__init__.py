"""Assistants in Django admin."""

from chat.assistants.admin import assistants

__all__ = ["assistants"]
