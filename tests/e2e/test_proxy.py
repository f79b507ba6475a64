"""The shipped nginx file in front of a real site: what comes through, what does not, and what `doctor --url` says."""

from __future__ import annotations

import contextlib
import http.client
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from chat import outside
from chat.findings import Finding, State
from chat.outside_line import Line
from tests.e2e.cluster import until
from tests.e2e.proxying import ROOT, ProxiedSite, Proxy, proxied
from tests.e2e.serving import free_port
from tests.e2e.test_serve import whole_answer
from tests.e2e.visiting import Visitor
from tests.e2e.words import WORDS

# What an operator forgets: the upgrade for sockets, and that streams are not to be buffered.
NO_UPGRADE = {"proxy_set_header Upgrade $http_upgrade;": "", "$duologue_connection;": '"";'}
BUFFERED = {
    "proxy_buffering off;": "proxy_buffering on; proxy_buffers 8 64k; proxy_buffer_size 64k; "
    "proxy_busy_buffers_size 128k; proxy_ignore_headers X-Accel-Buffering;",
}
PARTS = ["certificate", "page", "headers", "static", "health", "closed", "websocket", "answer", "clock"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProxiedSite]:
    with ProxiedSite(tmp_path_factory.mktemp("site")) as site:
        site.start()
        yield site


@pytest.fixture(scope="module")
def key(site: ProxiedSite) -> str:
    """A key for the API."""
    before = len(site.log.read_text())
    assert site.manage("create_api_key", "doctor").wait(60) == 0
    return site.log.read_text()[before:].split()[-1]


@pytest.fixture(scope="module")
def proxy(site: ProxiedSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with proxied(tmp_path_factory.mktemp("nginx"), site.port) as proxy:
        yield proxy


def get(url: str, **headers: str) -> tuple[int, dict[str, str], str]:
    """Status, headers in lower case, body; a redirect is not followed."""
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
    with contextlib.closing(kind(host, timeout=60)) as connection:
        connection.request(
            "GET", f"/{path}", headers={name.replace("_", "-"): value for name, value in headers.items()}
        )
        response = connection.getresponse()
        body = response.read().decode()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, body


def test_the_page_comes_over_tls_with_its_headers(proxy: Proxy) -> None:
    status, headers, body = get(f"{proxy.url}/")
    assert (status, 'name="csrf-token"' in body) == (200, True)
    assert "max-age=31536000" in headers["strict-transport-security"]
    status, headers, _body = get(f"{proxy.plain_url}/help/?x=1")
    assert (status, headers["location"]) == (301, "https://localhost/help/?x=1")


def test_a_request_carries_the_proxys_id_and_not_the_clients(proxy: Proxy) -> None:
    _status, headers, _body = get(f"{proxy.url}/", X_Request_ID="chosen-by-the-client")
    assert headers["x-request-id"] != "chosen-by-the-client"
    until(lambda: headers["x-request-id"] in proxy.log)  # written after the answer has gone out


def test_static_files_are_nginxs_own_and_others_the_sites(proxy: Proxy) -> None:
    path = next(path for path in sorted((ROOT / "static").rglob("*.js")) if path.stat().st_size > 1000)
    status, headers, body = get(f"{proxy.url}/static/{path.relative_to(ROOT / 'static')}")
    assert (status, body) == (200, path.read_text())
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("public, max-age=60", "nosniff")
    assert "x-request-id" not in headers
    status, headers, _body = get(f"{proxy.url}/static/admin/css/base.css")
    assert (status, "x-request-id" in headers) == (200, True)


def test_an_answer_comes_word_by_word_through_the_socket(proxy: Proxy) -> None:
    visitor = Visitor(proxy.url)
    tab = visitor.open(visitor.create())
    tab.ask("Tell me a lot")
    reply = str(tab.until("turn.created")["messages"][-1]["id"])
    tab.until_done(reply)
    tab.close()
    assert (tab.texts[reply], tab.statuses[reply]) == (whole_answer(), "complete")
    assert tab.seqs[reply] > 3


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost", "https://localhost", "null"])
def test_a_foreign_origin_is_refused_behind_the_proxy_too(proxy: Proxy, origin: str) -> None:
    address = f"{proxy.url.replace('http', 'ws', 1)}/ws/c/{uuid.uuid4()}/"
    with pytest.raises(InvalidStatus) as refused, connect(address, additional_headers={"Origin": origin}):
        pass
    assert refused.value.response.status_code == 403


def test_the_api_streams_piece_by_piece(proxy: Proxy, key: str) -> None:
    host = proxy.url.removeprefix("https://")
    body = {"model": "default", "messages": [{"role": "user", "content": "Hello"}], "stream": True}
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    pieces = []
    with contextlib.closing(http.client.HTTPSConnection(host, timeout=60)) as connection:
        connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        response = connection.getresponse()
        assert response.status == 200
        while piece := response.read1():
            pieces.append(piece)
    assert b"".join(pieces).endswith(b"data: [DONE]\n\n")
    assert len(pieces) > WORDS / 4


def test_what_a_client_says_about_itself_has_no_effect(proxy: Proxy, site: ProxiedSite) -> None:
    forged = {"X_Forwarded_For": "203.0.113.9", "Daphne_Root_Path": "/evil", "X_Forwarded_Proto": "http"}
    status, _headers, body = get(f"{proxy.url}/accounts/login/", **forged, X_Forwarded_Host="evil.example")
    assert (status, "evil" in body, "/accounts/signup/" in body) == (200, False, True)
    assert get(f"{proxy.url}/metrics", X_Forwarded_For="127.0.0.1")[0] == 404
    assert get(f"{proxy.url}/metrics/")[0] == 404
    assert get(f"http://127.0.0.1:{site.port}/metrics")[0] == 200


def test_a_body_over_the_limit_ends_at_the_proxy(proxy: Proxy) -> None:
    with contextlib.closing(http.client.HTTPSConnection(proxy.url.removeprefix("https://"), timeout=60)) as connection:
        connection.putrequest("POST", "/c/")
        connection.putheader("Content-Length", str(2_700_000))
        connection.endheaders()
        response = connection.getresponse()
        assert (response.status, response.headers["server"]) == (413, "nginx")


def test_the_proxys_log_has_no_query_and_no_address(proxy: Proxy) -> None:
    get(f"{proxy.url}/help/search/?q=canary4711", Referer="https://x.example/?q=canary4711")
    until(lambda: "/help/search/" in proxy.log)  # written after the answer has gone out
    assert "canary4711" not in proxy.log
    assert "127.0.0.1 " not in proxy.log.replace("127.0.0.1:", "")


def found(url: str, key: str = "") -> dict[str, Finding]:
    """What the doctor finds there."""
    return {finding.name: finding for finding in outside.look(url, key)}


def states(findings: dict[str, Finding]) -> dict[str, str]:
    return {name: str(finding.state) for name, finding in findings.items()}


def test_the_doctor_finds_the_shipped_proxy_well(proxy: Proxy, site: ProxiedSite, key: str) -> None:
    findings = found(proxy.url, key)
    assert states(findings) == dict.fromkeys([*PARTS, "api"], "ok"), findings
    assert findings["answer"].facts["pieces"] >= outside.JUDGED_PIECES
    assert "one by one" in findings["answer"].detail
    assert "one by one" in findings["api"].detail
    [(left,)] = site.rows(
        "SELECT count(*) FROM chat_message JOIN chat_conversation c ON c.id = conversation_id "
        "WHERE content = ? AND c.deleted_at IS NULL",
        outside.QUESTION,
    )
    assert left == 0


def test_the_doctor_sees_a_proxy_without_websockets(site: ProxiedSite, tmp_path: Path) -> None:
    with proxied(tmp_path, site.port, NO_UPGRADE) as proxy:
        findings = found(proxy.url)
    assert states(findings) == dict.fromkeys(PARTS, "ok") | {"websocket": "fail", "answer": "fail"}
    assert "Upgrade" in findings["websocket"].remedy


def test_the_doctor_sees_a_proxy_that_buffers(site: ProxiedSite, tmp_path: Path, key: str) -> None:
    with proxied(tmp_path, site.port, BUFFERED) as proxy:
        findings = found(proxy.url, key)
    expected = dict.fromkeys(PARTS, "ok") | {"api": "fail"}
    assert states(findings) == expected, findings["api"]
    assert "buffering" in findings["api"].remedy


def test_the_doctor_keeps_the_key_from_a_line_that_nobody_vouches_for(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    line = Line(proxy.url)
    certificate, page, api = outside.certificate(line), outside.page(line), outside.api(line, "a-key")
    assert (certificate.state, page.state, api.state) == (State.FAIL, State.OK, State.FAIL)
    assert "not sent" in api.detail


def test_the_doctor_says_what_a_forgotten_header_means(site: ProxiedSite, tmp_path: Path) -> None:
    with proxied(tmp_path, site.port, {"proxy_set_header X-Forwarded-Proto $scheme;": ""}) as proxy:
        findings = found(proxy.url)
    assert findings["page"].facts["status"] == 301
    assert "DJANGO_TRUSTED_PROXY" in findings["page"].remedy


def test_the_doctor_says_that_nobody_is_there(tmp_path: Path) -> None:
    findings = found(f"http://localhost:{free_port()}")
    assert set(states(findings).values()) == {"fail"}
    assert all(finding.remedy for finding in findings.values())


def test_the_doctor_is_a_command(proxy: Proxy, site: ProxiedSite) -> None:
    before = len(site.log.read_text())
    status = site.manage("doctor", "--url", proxy.url, "--json").wait(120)
    text = site.log.read_text()[before:]
    report: dict[str, Any] = json.loads(text[text.index("{\n") :])
    assert (status, report["ok"], [check["name"] for check in report["checks"]]) == (0, True, PARTS)
