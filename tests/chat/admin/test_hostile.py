"""Hostile texts stay texts on every admin page, read with an HTML parser; tests/browser has the same in a browser."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import quote, urlsplit

import pytest
from django.contrib.auth.models import User

from tests.chat.admin.conftest import LIST, Talk, signed_in
from tests.chat.admin.hostile import PAYLOADS, hostile_talks

pytestmark = pytest.mark.django_db

# What the admin's own pages bring along, by the start of the address.
OURS = ("/static/", "/admin/jsi18n/")


class Finder(HTMLParser):
    """Collects what a payload would need to do anything."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.active: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.active.add(tag)
        for name, value in attrs:
            self._attribute(tag, name, value or "")
        if tag in {"iframe", "object", "embed", "base", "math", "noscript"}:
            self.found.append(tag)
        if tag in {"script", "img"} and not (dict(attrs).get("src") or "").startswith(OURS):
            self.found.append(f"{tag} {attrs}")
        if tag == "style":
            self.found.append(tag)

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name.startswith("on") or name in {"srcdoc", "style", "formaction"}:
            self.found.append(f"{tag} {name}={value}")
        if name in {"href", "action"} and urlsplit(value).scheme not in {"", "http", "https", "mailto"}:
            self.found.append(f"{tag} {name}={value}")
        if name == "action" and value.startswith(("http", "//")):
            self.found.append(f"{tag} {name}={value}")


def findings(client, url: str) -> list[str]:
    response = client.get(url)
    assert response.status_code == 200
    finder = Finder()
    finder.feed(response.content.decode())
    assert "main" in finder.active
    return finder.found


@pytest.fixture
def root(db):
    return signed_in(User.objects.create_superuser("root"))


@pytest.fixture
def clean(root) -> list[str]:
    """What the finder finds on a list without hostile texts: the admin's own."""
    Talk().ask("harmless")
    return findings(root, LIST)


def test_the_finder_finds():
    finder = Finder()
    finder.feed("".join(PAYLOADS))
    assert len(finder.found) > 12


def test_transcripts(root):
    assert [(talk.conversation.title, item) for talk in hostile_talks() for item in findings(root, talk.url)] == []


def test_lists(root, clean):
    talks = hostile_talks()
    root.get(talks[0].url)
    for url in (LIST, "/admin/chat/feedback/", "/admin/chat/transcriptread/", "/admin/"):
        assert [item for item in findings(root, url) if item not in clean] == [], url


@pytest.mark.parametrize("payload", PAYLOADS)
def test_search_and_filters(root, clean, payload):
    for name in ("q", "status", "rating", "reason", "backend", "checkpoint", "deleted"):
        url = f"{LIST}?{name}={quote(payload, safe='')}"
        assert [item for item in findings(root, url) if item not in clean] == [], url


def test_pages_of_single_ratings(root):
    for talk in hostile_talks():
        rating = talk.conversation.active_leaf.feedback.get()
        assert findings(root, f"/admin/chat/feedback/{rating.pk}/change/") == []


def test_what_was_written_is_shown_as_it_was_written(root):
    talk = Talk()
    talk.ask("<b>bold</b> & {{ x }}")
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; {{ x }}</div>" in root.get(talk.url).content.decode()
