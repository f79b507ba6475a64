"""A real server against hostile clients: foreign origins, broken and huge frames, and a log that keeps secrets."""

from __future__ import annotations

import contextlib
import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.e2e.serving import Site
from tests.e2e.visiting import Tab, Visitor

KB = 1024
BAD_FRAMES: list[str | bytes] = [
    "{",
    "[1, 2]",
    b"\x00\x01",
    "[" * 50_000,
    '"sync"',
    "NaN",
    '{"type": "sync", "type": "x"}',
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One running site for all of these."""
    with Site(tmp_path_factory.mktemp("hostile")) as site:
        yield site.start()


@pytest.fixture
def visitor(served: Site) -> Visitor:
    return Visitor(served.url)


@pytest.fixture
def tab(visitor: Visitor) -> Iterator[Tab]:
    """A tab that has its snapshot."""
    tab = visitor.open(visitor.create())
    tab.until("snapshot")
    yield tab
    tab.close()


def variants(url: str) -> dict[str, str | None]:
    """Twelve origins that are nearly ours."""
    host = url.removeprefix("http://")
    name, port = host.split(":")
    return {
        "another port": f"http://{name}:{int(port) + 1}",
        "no port": f"http://{name}",
        "another scheme": f"https://{host}",
        "a socket's scheme": f"ws://{host}",
        "another name of this machine": f"http://localhost:{port}",
        "a suffix": f"http://{name}.evil.example:{port}",
        "a prefix": f"http://evil{host}",
        "a sub-domain": f"http://sub.{host}",
        "a user": f"http://{name}:{port}@evil.example",
        "null": "null",
        "empty": "",
        "none": None,
    }


def test_only_our_own_origin_opens_a_socket(served: Site, visitor: Visitor) -> None:
    conversation = visitor.create()
    found = {name: status(visitor, conversation, origin) for name, origin in variants(served.url).items()}
    # The WebSocket library itself cannot read the empty one.
    assert found == dict.fromkeys(variants(served.url), 403) | {"empty": 400}
    assert status(visitor, conversation, served.url) == 101
    assert status(visitor, conversation, served.url.upper()) == 101


def status(visitor: Visitor, conversation: str, origin: str | None) -> int:
    """What a socket with the visitor's cookies and this origin is answered."""
    address = f"{visitor.url.replace('http', 'ws', 1)}/ws/c/{conversation}/"
    headers = {"Cookie": visitor.cookies} | ({} if origin is None else {"Origin": origin})
    try:
        with connect(address, additional_headers=headers, open_timeout=60):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


def test_broken_frames_get_an_error_each_and_the_fifth_closes(tab: Tab) -> None:
    for frame in BAD_FRAMES[:5]:
        tab.send_raw(frame)
    assert tab.drain() == 4400
    assert [event["code"] for event in tab.events if event["type"] == "error"] == ["bad_command"] * 5


@pytest.mark.parametrize("frame", BAD_FRAMES[5:])
def test_after_a_broken_frame_the_socket_still_works(tab: Tab, frame: str) -> None:
    tab.send_raw(frame)
    assert tab.next()["code"] == "bad_command"
    tab.send("sync")
    assert tab.next()["type"] == "snapshot"


def test_a_message_over_the_limit_gets_an_error_and_the_socket_stays(tab: Tab) -> None:
    client_id = tab.ask("x" * 4_001)
    error = tab.next()
    assert (error["code"], error["client_id"]) == ("too_long", client_id)
    tab.send("sync")
    assert tab.next()["type"] == "snapshot"


@pytest.mark.parametrize("size", [64 * KB + 2, 1024 * KB, 16 * 1024 * KB])
def test_a_frame_over_the_limit_cuts_the_line_and_costs_no_memory(served: Site, tab: Tab, size: int) -> None:
    assert served.process is not None
    process = psutil.Process(served.process.pid)
    before = process.memory_info().rss
    with contextlib.suppress(ConnectionClosed, OSError):
        tab.send_raw("x" * size)
    tab.drain()
    assert process.memory_info().rss - before < 8 * KB * KB
    with urllib.request.urlopen(f"{served.url}/healthz", timeout=60) as answer:
        assert answer.status == 200


def test_what_people_write_is_in_no_log(served: Site, visitor: Visitor, tmp_path: Path) -> None:
    canary = f"canary{uuid.uuid4().hex}"
    conversation = visitor.create()
    tab = visitor.open(conversation)
    tab.until("snapshot")
    tab.ask(f"My name is {canary}")
    tab.until("reply.done")
    tab.ask(canary * 200)
    tab.send(canary, text=canary)
    tab.send("message.send", client_id=canary, text=canary)
    tab.send_raw("{" + canary)
    for _ in range(4):
        tab.until_any("error")
    tab.close()
    provoke(visitor, conversation, canary)
    assert canary in str(served.rows("SELECT content FROM chat_message"))
    assert canary not in served.log.read_text()


def provoke(visitor: Visitor, conversation: str, canary: str) -> None:
    """Every kind of refusal over HTTP, each with the canary in what was sent."""
    attempts: list[tuple[str, Any]] = [
        (f"/c/{conversation}/rename/", {"title": canary * 20}),
        (f"/c/{conversation}/rename/", {canary: canary}),
        (f"/c/{conversation}/command/", {"type": "message.send", "text": canary}),
        (f"/c/{uuid.uuid4()}/command/", {"type": "message.send", "client_id": str(uuid.uuid4()), "text": canary}),
        ("/claim/", {"x": canary}),
    ]
    for path, body in attempts:
        with contextlib.suppress(urllib.error.HTTPError):
            visitor.post(path, body)
    for path in (f"/c/list/?q={canary}", f"/c/{conversation}/poll/?message={canary}", f"/?new=1&x={canary}"):
        with contextlib.suppress(urllib.error.HTTPError):
            visitor.get(path)
    form = json.dumps({"username": canary, "password": canary}).encode()
    with contextlib.suppress(urllib.error.HTTPError):
        urllib.request.urlopen(f"{visitor.url}/accounts/login/", form, timeout=60)
