"""chat/traffic.py: an id, a count and a line for everything that comes in."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import LazySettings

from chat import traffic
from chat.request_ids import current_request_id
from chat.traffic import Observed
from tests.chat.test_metrics import figures

CLIENTS_ID = "from-the-proxy-0001"


def http_scope(path: str = "/help/x", *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"q=secret",
        "headers": list(headers),
    }


async def answer(scope: Any, receive: Any, send: Any) -> None:
    """Says which id it saw."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": current_request_id().encode()})


async def visit(scope: dict[str, Any]) -> tuple[str, str]:
    """The id in the response's header, and the one that the application saw."""
    communicator = ApplicationCommunicator(Observed(answer), scope)
    start = await communicator.receive_output(5)
    body = await communicator.receive_output(5)
    await communicator.wait(5)
    return dict(start["headers"])[b"x-request-id"].decode(), body["body"].decode()


async def test_the_header_says_the_id_that_the_work_is_logged_with():
    shown, seen = await visit(http_scope())
    assert (shown, len(shown)) == (seen, 32)


@pytest.mark.parametrize(
    ("trusted", "said", "taken"),
    [
        (True, CLIENTS_ID, True),
        (False, CLIENTS_ID, False),
        (True, "short", False),
        (True, "x" * 65, False),
        (True, "two words", False),
        (True, 'quote"quote', False),
    ],
)
async def test_an_id_is_taken_from_a_trusted_proxy_alone(settings: LazySettings, trusted: bool, said: str, taken: bool):
    settings.TRUSTED_PROXY = trusted
    shown, _seen = await visit(http_scope("/", (b"x-request-id", said.encode())))
    assert (shown == said) == taken


async def test_a_request_leaves_one_line_without_its_query(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, traffic.__name__)
    await visit(http_scope())
    [record] = caplog.records
    assert record.getMessage().startswith("GET /help/x 200 ")
    assert (record.path, record.status) == ("/help/x", 200)  # type: ignore[attr-defined]


async def test_a_request_is_counted_by_room_and_status():
    count, seconds = ("duologue_requests_total", "help", "200"), ("duologue_request_seconds_count", "help")
    before = figures()
    await visit(http_scope())
    after = figures()
    assert (after[count] - before.get(count, 0), after[seconds] - before.get(seconds, 0)) == (1, 1)


async def test_an_open_socket_is_counted_until_it_ends():
    async def socket(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        await receive()

    open_now, handshakes = ("duologue_sockets_open",), ("duologue_requests_total", "websocket", "101")
    before = figures()
    scope = {"type": "websocket", "path": "/ws/c/", "headers": []}
    communicator = ApplicationCommunicator(Observed(socket), scope)
    await communicator.receive_output(5)
    during = figures()
    await communicator.send_input({"type": "websocket.disconnect"})
    await communicator.wait(5)
    assert during[open_now] - before[open_now] == 1
    assert during[handshakes] - before.get(handshakes, 0) == 1
    assert figures()[open_now] == before[open_now]


async def test_a_refused_socket_was_never_open():
    async def refuse(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.close"})

    before = figures()[("duologue_sockets_open",)]
    communicator = ApplicationCommunicator(Observed(refuse), {"type": "websocket", "path": "/", "headers": []})
    await communicator.receive_output(5)
    await communicator.wait(5)
    assert figures()[("duologue_sockets_open",)] == before


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/", "page"), ("/c/1/poll/", "chat"), ("/v1/models", "v1"), ("/%0a/", "other"), ("/wp-login.php", "other")],
)
def test_a_kind_is_one_of_a_few_words(path: str, kind: str):
    assert traffic.kind_of(path) == kind
