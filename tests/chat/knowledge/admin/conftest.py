"""People at the admin's pages of the knowledge base."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

URL = "/admin/knowledge/article/"


@pytest.fixture
def signed_in(db: None) -> Callable[..., Client]:
    """Makes a member of staff with these permissions on articles, signed in."""

    def make(*permissions: str, name: str = "ann") -> Client:
        user = User.objects.create_user(name, is_staff=True)
        codes = [f"{permission}_article" for permission in permissions]
        user.user_permissions.set(Permission.objects.filter(codename__in=codes, content_type__app_label="knowledge"))
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.fixture
def editor(signed_in: Callable[..., Client]) -> Client:
    """Somebody who may do everything with articles."""
    return signed_in("view", "add", "change", "delete")


def form(**changes: str) -> dict[str, str]:
    """What the browser sends for an article in both languages."""
    return {
        **{"slug": "new", "tags": "one\r\n\r\n two ", "summary": "First", "policy": ""},
        **{"question_en": "Q", "answer_en": "An **A**", "examples_en": "x\r\ny"},
        **{"question_zh": "问", "answer_zh": "答", "examples_zh": ""},
        **{"keywords": "card = 2\r\nlost", "patterns": "lost.*card", "_save": "Save draft"},
        **changes,
    }
