"""Every change to the assistants: one function each, one transaction each."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from chat.assistants.models import Assistant
from chat.assistants.presets import load_presets


def save_assistant(assistant: Assistant) -> None:
    """Store an assistant. A new default takes the place of the old one; there always is one."""
    with transaction.atomic():
        others = Assistant.objects.select_for_update().exclude(pk=assistant.pk)
        if assistant.is_default:
            others.filter(is_default=True).update(is_default=False)
        elif not others.filter(is_default=True).exists():
            raise ValidationError({"is_default": _("There has to be a default: make another assistant the default.")})
        assistant.save()


def delete_assistants(assistants: QuerySet[Assistant]) -> None:
    """Delete these, but never the default; conversations with them go on with the default."""
    assistants.filter(is_default=False).delete()


def add_presets() -> list[str]:
    """Add the shipped assistants that are not there, and leave the others as they are; their short names."""
    with transaction.atomic():
        known = set(Assistant.objects.values_list("slug", flat=True))
        has_default = Assistant.objects.filter(is_default=True).exists()
        added = []
        for preset in load_presets():
            if preset.slug not in known:
                preset.is_default = preset.is_default and not has_default
                preset.save()
                added.append(preset.slug)
    return added
