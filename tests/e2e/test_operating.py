"""One real process under real traffic: what /metrics tells of it, and what its log keeps to itself."""

from __future__ import annotations

import contextlib
import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.serving import Site
from tests.e2e.visiting import Visitor
from tests.e2e.words import WORDS

CANARY = f"canary{uuid.uuid4().hex}"
EMAIL = f"{CANARY}@example.com"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that logs as much as it can."""
    levels = {"DJANGO_LOG_LEVEL": "DEBUG", "DUOLOGUE_LOG_FORMAT": "json", "DJANGO_TRUSTED_PROXY": "1"}
    with Site(tmp_path_factory.mktemp("operating"), **levels) as site:
        yield site.start()


@pytest.fixture(scope="module")
def key(site: Site) -> str:
    """A key for the API."""
    with Reading(site) as reading:
        assert site.manage("create_api_key", "operating").wait(60) == 0
    return reading.text.split()[-1]


class Reading:
    """What the log gains meanwhile."""

    def __init__(self, site: Site) -> None:
        self._site, self.text = site, ""

    def __enter__(self) -> Reading:
        self._before = len(self._site.log.read_text())
        return self

    def __exit__(self, *_: object) -> None:
        self.text = self._site.log.read_text()[self._before :]

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Every line is an object."""
        return [json.loads(line) for line in self.text.splitlines()]


def figures(site: Site) -> dict[tuple[str, ...], float]:
    """Every sample of the page by its name and its labels' values."""
    with urllib.request.urlopen(f"{site.url}/metrics", timeout=60) as response:
        families = list(text_string_to_metric_families(response.read().decode()))
    return {
        (sample.name, *(value for _name, value in sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def complete(site: Site, key: str, **fields: Any) -> str:
    """A call of the API."""
    body = {"model": "default", "messages": [{"role": "user", "content": f"I am {EMAIL}"}], **fields}
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{site.url}/v1/chat/completions", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as response:
        return str(response.read().decode())


def talk(site: Site) -> None:
    """An answer over a socket, to its end."""
    visitor = Visitor(site.url)
    tab = visitor.open(visitor.create())
    tab.ask(f"My name is {CANARY}")
    reply = str(tab.until("turn.created")["messages"][-1]["id"])
    tab.until_done(reply)
    tab.close()


def test_the_figures_tell_what_happened(site: Site, key: str) -> None:
    before = figures(site)
    talk(site)
    complete(site, key)
    after = figures(site)
    more = {name: after[name] - before.get(name, 0.0) for name in after}
    assert more["duologue_replies_total", "complete", "default"] == 2
    assert more["duologue_tokens_total", "default", "completion"] == 2 * WORDS
    assert more["duologue_reply_first_token_seconds_count", "default"] == 2
    assert more["duologue_reply_tokens_per_second_count", "default"] == 2
    assert more["duologue_requests_total", "v1", "200"] == 1
    assert more["duologue_requests_total", "chat", "201"] == 1
    assert more["duologue_requests_total", "websocket", "101"] == 1
    assert more["duologue_journal_commit_seconds_count",] > 3
    assert after["duologue_engine_ready", "default"] == 1
    assert (after["duologue_replies_running",], after["duologue_journal_lag_seconds",]) == (0, 0)
    assert after["process_resident_memory_bytes",] > 2**24


def test_an_open_socket_is_one_more(site: Site) -> None:
    visitor = Visitor(site.url)
    before = figures(site)["duologue_sockets_open",]
    tab = visitor.open(visitor.create())
    tab.until("snapshot")
    during = figures(site)["duologue_sockets_open",]
    tab.close()
    assert during == before + 1


def test_no_label_tells_who_asked_or_for_what(site: Site, key: str) -> None:
    for path in (f"/{CANARY}", f"/help/{CANARY}/", f"/v1/{CANARY}"):
        with contextlib.suppress(urllib.error.HTTPError):
            urllib.request.urlopen(f"{site.url}{path}", timeout=60)
    with contextlib.suppress(urllib.error.HTTPError):
        complete(site, key, model=CANARY)
    assert CANARY not in str(figures(site))
    assert "operating" not in str(figures(site))


def test_the_log_keeps_words_addresses_cookies_and_keys_to_itself(site: Site, key: str) -> None:
    with Reading(site) as reading:
        talk(site)
        complete(site, key, stream=True)
        with contextlib.suppress(urllib.error.HTTPError):
            complete(site, f"wrong-{CANARY}")
        with contextlib.suppress(urllib.error.HTTPError):
            complete(site, key, **{CANARY: CANARY})
        visitor = Visitor(site.url)
        tab = visitor.open(visitor.create())
        tab.send(CANARY, text=CANARY)
        tab.send_raw("{" + CANARY)
        tab.until_any("error")
        tab.close()
        for path in (f"/help/search/?q={CANARY}", f"/c/list/?q={EMAIL}", f"/?new=1&ask={CANARY}"):
            visitor.get(path)
        cookie = next(part.partition("=")[2] for part in visitor.cookies.split("; ") if part.startswith("sessionid"))
    assert cookie
    assert [secret for secret in (CANARY, "example.com", cookie, key) if secret in reading.text] == []
    assert {line["logger"] for line in reading.lines} >= {"chat.traffic"}
    assert all(line["request_id"] for line in reading.lines)


def test_a_request_is_one_line_with_the_proxys_id(site: Site) -> None:
    name = f"of-the-proxy-{uuid.uuid4().hex[:8]}"
    with Reading(site) as reading:
        request = urllib.request.Request(f"{site.url}/healthz?x=1", headers={"X-Request-ID": name})
        with urllib.request.urlopen(request, timeout=60) as response:
            assert response.headers["X-Request-ID"] == name
        while '"path": "/healthz"' not in site.log.read_text():  # the line is written after the response
            assert site.process is not None
            assert site.process.poll() is None
    [line] = [line for line in reading.lines if line["request_id"] == name and line["logger"] == "chat.traffic"]
    assert (line["path"], line["status"], line["level"]) == ("/healthz", 200, "INFO")
