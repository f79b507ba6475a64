"""chat/views_api.py: the page's data over HTTP, with the same checks as the socket."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.test import AsyncClient, Client

from chat import actions
from chat.access import VISITOR_KEY, Actor
from chat.models import Conversation, Message
from inference import Waiting
from tests.chat.conftest import client_id, say
from tests.chat.sockets import all_done, db, make_session, open_tab
from tests.scripted import ScriptedBackend

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("backend")]


class Browser:
    """An asynchronous client with a session, so that replies run in the test's event loop."""

    def __init__(self, session_key: str = "") -> None:
        self.client = AsyncClient()
        if session_key:
            self.client.cookies["sessionid"] = session_key

    async def post(self, path: str, body: Any = None) -> tuple[int, Any]:
        """A JSON body; status and answer."""
        data = body if isinstance(body, bytes) else json.dumps({} if body is None else body)
        response = await self.client.post(path, data=data, content_type="application/json")
        return response.status_code, response.json()

    async def get(self, path: str) -> tuple[int, Any]:
        """Status and answer."""
        response = await self.client.get(path)
        return response.status_code, response.json()


@pytest.fixture
def browser(ann: Actor, db: None) -> Browser:
    """Ann's browser."""
    return Browser(make_session(ann))


@pytest.fixture
def stranger(bob: Actor, db: None) -> Browser:
    """Bob's browser."""
    return Browser(make_session(bob))


async def _told(browser: Browser, conversation: Conversation, type_: str, **fields: Any) -> list[dict[str, Any]]:
    status, answer = await browser.post(f"/c/{conversation.public_id}/command/", {"type": type_, **fields})
    assert status == 200, answer
    return answer["events"]


# --- Conversations -------------------------------------------------------------------------------------------


async def test_making_a_conversation_makes_a_visitor(db: None):
    browser = Browser()
    status, made = await browser.post("/c/")
    conversation = await Conversation.objects.aget()
    assert (status, made) == (201, {"id": str(conversation.public_id), "url": f"/c/{conversation.public_id}/"})
    assert len(conversation.visitor) == 32
    assert (await browser.post("/c/"))[0] == 201
    assert await Conversation.objects.filter(visitor=conversation.visitor).acount() == 2


async def test_conversations_are_not_made_without_end(db: None, settings: LazySettings):
    settings.CHAT_LIMITS = {**settings.CHAT_LIMITS, "rate_address": (2, 60)}
    found = [await Browser().post("/c/") for _ in range(3)]
    assert [status for status, _ in found] == [201, 201, 429]
    assert (found[2][1]["code"], found[2][1]["retry_after_s"] > 0) == ("rate_limited", True)
    assert await Conversation.objects.acount() == 2


async def test_the_list_is_ones_own(browser: Browser, stranger: Browser, conversation: Conversation):
    await db(say, conversation)
    row = {
        "id": str(conversation.public_id),
        "title": "Where is my card?",
        "updated_at": (await Conversation.objects.aget()).updated_at.isoformat(),
        "url": f"/c/{conversation.public_id}/",
    }
    status, answer = await browser.get("/c/list/")
    assert (status, answer["conversations"], answer["model"]["state"]) == (200, [row], "ready")
    for who, query, found in ((browser, "?q=CARD", [row]), (browser, "?q=nothing", []), (stranger, "", [])):
        assert (await who.get(f"/c/list/{query}"))[1]["conversations"] == found


async def test_a_conversation_is_renamed_in_every_tab(browser: Browser, conversation: Conversation, ann: Actor):
    async with open_tab(conversation.public_id, ann) as tab:
        assert await browser.post(f"/c/{conversation.public_id}/rename/", {"title": " My \n card "}) == (
            200,
            {"ok": True},
        )
        event = await tab.next()
    heading = {"id": str(conversation.public_id), "title": "My card", "language": "en"}
    heading |= {"assistant": "", "engine": ""}
    assert event == {"type": "conversation.updated", "conversation": heading}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"title": " "}, 400),
        ({"title": 7}, 400),
        ({"title": "a\ud800"}, 400),
        ({"title": "x" * 121}, 413),
        ({}, 400),
        ({"title": "a", "more": 1}, 400),
        ([], 400),
        (b"{", 400),
        (b"\xff", 400),
        (b"[" * 60_000, 400),
        (b"x" * 70_000, 400),
    ],
)
async def test_a_strange_body_is_refused(browser: Browser, conversation: Conversation, body: Any, status: int):
    found, answer = await browser.post(f"/c/{conversation.public_id}/rename/", body)
    assert (found, set(answer)) == (status, {"code", "detail"})
    assert (await Conversation.objects.aget()).title == ""


async def test_a_conversation_is_deleted_and_brought_back(
    browser: Browser, conversation: Conversation, backend: ScriptedBackend, ann: Actor
):
    url = f"/c/{conversation.public_id}"
    backend.scripts.append(["On ", asyncio.Event()])
    async with open_tab(conversation.public_id, ann) as tab:
        await tab.send("message.send", client_id=client_id(), text="Hi")
        await tab.until("reply.delta")
        assert await browser.post(f"{url}/delete/") == (200, {"ok": True})
        assert await tab.next() == {"type": "closed", "code": 4404}
    assert (await browser.get(f"{url}/poll/"))[0] == 404
    for _ in range(2):
        assert await browser.post(f"{url}/restore/") == (200, {"ok": True})
    reply = await Message.objects.aget(role="assistant")
    assert (reply.status, reply.content, len(backend.cancelled)) == ("stopped", "On ", 1)
    assert len((await browser.get("/c/list/"))[1]["conversations"]) == 1


@pytest.mark.parametrize("name", ["rename", "delete", "restore", "command"])
async def test_a_stranger_gets_not_found_and_changes_nothing(stranger: Browser, conversation: Conversation, name: str):
    await db(say, conversation)
    body = {"rename": {"title": "Mine"}, "command": {"type": "sync"}}.get(name, {})
    for browser in (stranger, Browser()):
        found = [await browser.post(f"/c/{key}/{name}/", body) for key in (conversation.public_id, uuid.uuid4())]
        assert found[0] == found[1]
        assert found[0][0] == 404
    fresh = await Conversation.objects.aget()
    assert (fresh.title, fresh.deleted_at) == ("Where is my card?", None)


async def test_conversations_come_along_into_the_account(browser: Browser, conversation: Conversation):
    await db(say, conversation)
    assert (await browser.post("/claim/"))[0] == 404
    user = await User.objects.acreate(username="carol")
    await db(_sign_in, browser, user)
    assert (await browser.get("/c/list/"))[1]["conversations"] == []
    assert await browser.post("/claim/") == (200, {"ok": True, "count": 1})
    assert await browser.post("/claim/") == (200, {"ok": True, "count": 0})
    assert len((await browser.get("/c/list/"))[1]["conversations"]) == 1


def _sign_in(browser: Browser, user: User) -> None:
    browser.client.force_login(user)


async def test_every_change_needs_a_token_against_forged_requests(conversation: Conversation, ann: Actor):
    client = AsyncClient(enforce_csrf_checks=True)
    client.cookies["sessionid"] = await db(make_session, ann)
    url = f"/c/{conversation.public_id}"
    for path in ("/c/", "/claim/", f"{url}/command/", f"{url}/rename/", f"{url}/delete/", f"{url}/restore/"):
        response = await client.post(path, data='{"type": "sync"}', content_type="application/json")
        assert response.status_code == 403, path


@pytest.mark.parametrize("name", ["command", "rename", "delete", "restore"])
def test_nothing_is_changed_by_a_get(client: Client, conversation: Conversation, name: str):
    assert client.get(f"/c/{conversation.public_id}/{name}/").status_code == 405


# --- Commands and polling --------------------------------------------------------------------------------------


async def test_a_question_is_asked_and_answered_without_a_socket(
    browser: Browser, conversation: Conversation, backend: ScriptedBackend
):
    go = asyncio.Event()
    backend.scripts.append([Waiting("queued", 2, 1.0), go, "On ", "its way."])
    created, updated = await _told(browser, conversation, "message.send", client_id=client_id(), text="Hi")
    assert (created["type"], updated["type"]) == ("turn.created", "conversation.updated")
    key = created["messages"][1]["id"]
    poll = f"/c/{conversation.public_id}/poll/?message={key}&seq="
    while not (events := (await browser.get(poll + "0"))[1]["events"]):
        await asyncio.sleep(0.01)
    assert [event["type"] for event in events] == ["reply.waiting"]
    go.set()
    await all_done()
    status, answer = await browser.get(poll + "0")
    done = answer["events"][0]
    assert (status, done["type"], done["text"], done["detail"]) == (200, "reply.done", "On its way.", "")


async def test_a_poll_gives_the_text_so_far_only_if_there_is_more(
    browser: Browser, conversation: Conversation, backend: ScriptedBackend
):
    go = asyncio.Event()
    backend.scripts.append(["On ", go])
    created = (await _told(browser, conversation, "message.send", client_id=client_id(), text="Hi"))[0]
    key = created["messages"][1]["id"]
    poll = f"/c/{conversation.public_id}/poll/?message={key}&seq="
    while not (events := (await browser.get(poll + "0"))[1]["events"]):
        await asyncio.sleep(0.01)
    assert events == [{"type": "reply.text", "message_id": key, "seq": 1, "text": "On "}]
    assert (await browser.get(poll + "1"))[1]["events"] == []
    go.set()
    await all_done()


async def test_an_unsure_poll_gives_a_snapshot(browser: Browser, conversation: Conversation):
    first = await db(say, conversation)
    await db(say, conversation)
    for query in ("", f"?message={first.reply.public_id}&seq=1", "?seq=4"):
        events = (await browser.get(f"/c/{conversation.public_id}/poll/{query}"))[1]["events"]
        assert ([event["type"] for event in events], len(events[0]["messages"])) == (["snapshot"], 4)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?message=nonsense", 400),
        (f"?message={uuid.UUID(int=0)}", 404),
        ("?message={id}&seq=-1", 400),
        ("?message={id}&seq=1e3", 400),
        ("?message={id}&seq=²", 400),
        ("?message={id}&seq=" + "9" * 99, 400),
    ],
)
async def test_a_strange_poll_is_refused(browser: Browser, conversation: Conversation, query: str, status: int):
    turn = await db(say, conversation)
    path = f"/c/{conversation.public_id}/poll/{query.format(id=turn.reply.public_id)}"
    assert (await browser.get(path))[0] == status


async def test_a_stranger_polls_nothing(stranger: Browser, conversation: Conversation, bob: Actor):
    turn = await db(say, conversation)
    own = await db(actions.create_conversation, bob)
    for place in (conversation, own):
        status, answer = await stranger.get(f"/c/{place.public_id}/poll/?message={turn.reply.public_id}&seq=0")
        assert (status, set(answer)) == (404, {"code", "detail"})


async def test_a_refused_command_is_an_error_event_with_its_status(
    browser: Browser, conversation: Conversation, backend: ScriptedBackend
):
    go = asyncio.Event()
    backend.scripts.append([go])
    await _told(browser, conversation, "message.send", client_id=client_id(), text="Hi")
    key, url = client_id(), f"/c/{conversation.public_id}/command/"
    found = [
        await browser.post(url, {"type": "message.send", "client_id": key, "text": text}) for text in ("Ho", "x" * 4001)
    ]
    go.set()
    await all_done()
    assert [status for status, _ in found] == [409, 413]
    errors = [answer["events"][0] for _, answer in found]
    assert [(error["type"], error["code"], error["client_id"]) for error in errors] == [
        ("error", "conflict", key),
        ("error", "too_long", key),
    ]


@pytest.mark.parametrize("body", [b"{", b"[]", b"[" * 60_000, b"x" * 70_000, b'{"type": "chat.event"}'])
async def test_a_strange_command_is_refused(browser: Browser, conversation: Conversation, body: bytes):
    status, answer = await browser.post(f"/c/{conversation.public_id}/command/", body)
    assert (status, answer["events"][0]["code"]) == (400, "bad_command")


async def test_choosing_a_version_answers_with_its_branch(browser: Browser, conversation: Conversation):
    turn = await db(say, conversation)
    await db(lambda: actions.stop_reply(actions.regenerate(turn.reply)))
    events = await _told(browser, conversation, "version.select", message_id=str(turn.reply.public_id))
    assert [event["type"] for event in events] == ["snapshot"]
    assert events[0]["messages"][-1]["id"] == str(turn.reply.public_id)


async def test_both_ways_count_on_the_same_limits(
    browser: Browser, conversation: Conversation, ann: Actor, settings: LazySettings
):
    settings.CHAT_LIMITS = {**settings.CHAT_LIMITS, "rate_visitor": (1, 60)}
    async with open_tab(conversation.public_id, ann) as tab:
        await tab.send("message.send", client_id=client_id(), text="Hi")
        await tab.until("reply.done")
    body = {"type": "message.send", "client_id": client_id(), "text": "Hi"}
    assert (await browser.post(f"/c/{conversation.public_id}/command/", body))[0] == 429


def test_a_visitors_id_is_random_and_not_the_session_key(client: Client):
    client.post("/c/", data="{}", content_type="application/json")
    assert client.session[VISITOR_KEY] != client.session.session_key
