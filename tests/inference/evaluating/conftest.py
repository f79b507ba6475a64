"""Two articles are known for every test here, and the site's own engines and articles come back after it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings

import inference
from inference import knowledge
from tests.inference.evaluating.answering import known


@pytest.fixture(autouse=True)
def articles(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(knowledge, "_source", known)
    yield
    inference.configure(settings.INFERENCE)
