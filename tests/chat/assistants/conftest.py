"""Assistants of every audience, and engines from scripts, one of them large."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import LazySettings

import inference
from chat.assistants.models import Assistant
from tests.scripted import ScriptedBackend

FIELDS = [
    {
        **{"name": "sentiment", "label_en": "Sentiment", "label_zh": "情感", "kind": "choice"},
        "choices": [
            {"value": "good", "label_en": "Good", "label_zh": "好"},
            {"value": "bad", "label_en": "", "label_zh": "坏"},
        ],
    },
    {"name": "places", "label_en": "Places", "label_zh": "", "kind": "list", "choices": []},
]


@pytest.fixture
def engines(settings: LazySettings) -> Iterator[dict[str, ScriptedBackend]]:
    """ "small" is the site's default; "cloud" is a large model."""
    scripted = {"BACKEND": "tests.scripted.ScriptedBackend"}
    large = {**scripted, "OPTIONS": {"large": True}}
    inference.configure({"default": "small", "small": scripted, "rules": scripted, "gpt2": scripted, "cloud": large})
    found = {name: inference.get_backend(name) for name in ("small", "rules", "gpt2", "cloud")}
    yield found  # type: ignore[misc]
    inference.configure(settings.INFERENCE)


def assistant(slug: str, **fields: object) -> Assistant:
    """A stored assistant that says its name."""
    texts = {f"{name}_{short}": f"{slug} {short}" for name in ("name", "summary") for short in ("en", "zh")}
    told = {"instructions_en": f"You are {slug}.", "instructions_zh": f"你是{slug}。"}
    return Assistant.objects.create(slug=slug, **{**texts, **told, **fields})
