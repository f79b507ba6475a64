"""Clients that never read: each is cut off before it costs memory, the others notice nothing, nothing is lost."""

from __future__ import annotations

import json
import select
import socket
from contextlib import closing
from urllib.parse import urlsplit

import psutil
import pytest

from tests.e2e.serving import PATIENCE_S, Site
from tests.e2e.visiting import Visitor

KB = 1024
LONG = "word " * 8_000  # its state is larger than what a client may send at once
SNAPSHOTS = 20
SLOW_KB = 512  # of memory for each: two states, what waits between them, and the making of them


class DeafClient:
    """A WebSocket that asks and never reads, with the smallest buffer that the kernel gives."""

    def __init__(self, visitor: Visitor, conversation: str) -> None:
        address = urlsplit(visitor.url)
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * KB)
        self.socket.connect((address.hostname, address.port))
        lines = [
            f"GET /ws/c/{conversation}/ HTTP/1.1",
            f"Host: {address.netloc}",
            f"Origin: {visitor.url}",
            f"Cookie: {visitor.cookies}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        ]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        assert self.socket.recv(12) == b"HTTP/1.1 101"

    def ask_for_more(self) -> None:
        """Ask for the state again and again."""
        command = json.dumps({"type": "sync"}).encode()
        self.socket.sendall(SNAPSHOTS * (bytes([0x81, 0x80 | len(command)]) + bytes(4) + command))

    def wait_for_the_cut(self) -> None:
        """Come back when the server has ended the connection."""
        poll = select.poll()
        poll.register(self.socket, 0)  # which tells hang-ups and resets alone
        assert poll.poll(PATIENCE_S * 1000)
        self.socket.close()


def long_conversation(site: Site, visitor: Visitor) -> str:
    """A conversation whose state is larger than any buffer."""
    conversation = visitor.create()
    with closing(visitor.open(conversation)) as tab:
        tab.ask("Hi")
        tab.until("reply.done")
    site.write("UPDATE chat_message SET content = ? WHERE role = 'assistant'", LONG)
    return conversation


@pytest.mark.parametrize("count", [5, pytest.param(100, marks=pytest.mark.campaign)])
def test_who_never_reads_is_cut_off_and_can_come_back(site: Site, count: int) -> None:
    site.start()
    visitor = Visitor(site.url)
    conversation = long_conversation(site, visitor)
    assert site.process is not None
    process = psutil.Process(site.process.pid)
    deaf = [DeafClient(visitor, conversation) for _ in range(count)]
    before = process.memory_info().rss
    other = Visitor(site.url)
    with closing(other.open(other.create())) as tab:
        tab.ask("Hi")
        reply = str(tab.until("turn.created")["messages"][-1]["id"])
        for client in deaf:
            client.ask_for_more()
        for client in deaf:
            client.wait_for_the_cut()
        tab.until_done(reply)
        assert (tab.statuses[reply], [event for event in tab.events if event["type"] == "error"]) == ("complete", [])
    assert process.memory_info().rss - before < max(20_000, count * SLOW_KB) * KB
    assert site.log.read_text().count("was cut off") == count
    with closing(visitor.open(conversation)) as back:
        assert back.until("snapshot")["messages"][-1]["text"] == LONG
