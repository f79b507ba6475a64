"""chat/consumers.py: sockets of real sessions on a real database, answers from a script."""

from __future__ import annotations

import asyncio
import logging
import uuid
from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError
from django.utils.translation import override

from chat import access, actions, consumers, dispatch, events, processes, reply_errors, watching
from chat.access import Actor
from chat.hub import get_hub
from chat.models import Conversation, Message
from inference import BackendState, Waiting
from inference.errors import Overloaded
from inference.types import Status as ModelStatus
from tests.chat.conftest import ANN, client_id, say
from tests.chat.sockets import APPLICATION, Tab, WebsocketCommunicator, all_done, db, headers, make_session, open_tab
from tests.scripted import Raise, ScriptedBackend

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("backend")]


async def test_a_question_is_answered_word_by_word(conversation: Conversation, ann: Actor, backend: ScriptedBackend):
    go = asyncio.Event()
    backend.scripts.append(["On ", go, "its **way**."])
    async with open_tab(conversation.public_id, ann) as tab:
        await tab.send("message.send", client_id=client_id(), text="Where is my card?")
        created = await tab.until("turn.created")
        question, reply = created["messages"]
        delta = await tab.until("reply.delta")
        go.set()
        done = await tab.until("reply.done")
    assert (question["text"], question["role"], reply["status"]) == ("Where is my card?", "user", "streaming")
    assert delta == {"type": "reply.delta", "message_id": reply["id"], "seq": 1, "text": "On "}
    assert done == {
        "type": "reply.done",
        "message_id": reply["id"],
        "status": "complete",
        "seq": 2,
        "text": "On its **way**.",
        "html": "<p>On its <strong>way</strong>.</p>\n",
        "lang": "en",
        "detail": "",
        "sources": [{"slug": "card_arrival", "title": "card arrival", "url": ""}],
        "engine": "",
        "confidence": "",
        "abstained": False,
    }


async def test_every_tab_hears_everything_and_stop_works_from_any(
    conversation: Conversation, ann: Actor, backend: ScriptedBackend
):
    backend.scripts.append(["On ", asyncio.Event()])
    async with open_tab(conversation.public_id, ann) as first, open_tab(conversation.public_id, ann) as second:
        await first.send("message.send", client_id=client_id(), text="Hi")
        delta = await second.until("reply.delta")
        await second.send("reply.stop", message_id=delta["message_id"])
        ends = [await tab.until("reply.done") for tab in (first, second)]
        assert first.seen == second.seen
    assert ends[0] == ends[1]
    assert (ends[0]["status"], ends[0]["text"], len(backend.cancelled)) == ("stopped", "On ", 1)


async def test_closing_the_tab_does_not_stop_the_reply(
    conversation: Conversation, ann: Actor, backend: ScriptedBackend
):
    go = asyncio.Event()
    backend.scripts.append(["On ", go, "its way."])
    tab = Tab(conversation.public_id, await db(make_session, ann))
    await tab.open()
    await tab.send("message.send", client_id=client_id(), text="Hi")
    await tab.until("reply.delta")
    await tab.close()
    go.set()
    await all_done()
    reply = await Message.objects.aget(role="assistant")
    assert (reply.status, reply.content) == ("complete", "On its way.")


async def test_a_reload_in_the_middle_has_every_word(conversation: Conversation, ann: Actor, backend: ScriptedBackend):
    go = asyncio.Event()
    backend.scripts.append(["On ", go, "its way."])
    async with open_tab(conversation.public_id, ann) as first:
        await first.send("message.send", client_id=client_id(), text="Hi")
        await first.until("reply.delta")
        async with open_tab(conversation.public_id, ann) as second:
            await second.send("sync")
            snapshot = await second.until("snapshot")
            go.set()
            await second.until("reply.done")
            deltas = [event for event in second.seen if event["type"] == "reply.delta"]
        await first.until("reply.done")
    reply = snapshot["messages"][1]
    assert (snapshot["running"], reply["text"], reply["seq"]) == (reply["id"], "On ", 1)
    assert [(delta["seq"], delta["text"]) for delta in deltas] == [(2, "its way.")]


async def test_a_waiting_reply_says_so_to_a_tab_that_comes_later(
    conversation: Conversation, ann: Actor, backend: ScriptedBackend
):
    go = asyncio.Event()
    backend.scripts.append([Waiting("queued", 3, 4.0), go, "Hi"])
    async with open_tab(conversation.public_id, ann) as first:
        await first.send("message.send", client_id=client_id(), text="Hi")
        waiting = await first.until("reply.waiting")
        async with open_tab(conversation.public_id, ann) as second:
            assert await second.next() == waiting
            go.set()
            await second.until("reply.done")
        await first.until("reply.done")
    assert (waiting["state"], waiting["position"], waiting["wait_s"]) == ("queued", 3, 4.0)


async def test_each_tab_reads_its_own_language(conversation: Conversation, ann: Actor, backend: ScriptedBackend):
    backend.scripts.append([Raise(Overloaded("full", 9))])
    languages = ("en", "zh-hans")
    async with (
        open_tab(conversation.public_id, ann, language="en") as english,
        open_tab(conversation.public_id, ann, language="zh-hans") as chinese,
    ):
        await english.send("message.send", client_id=client_id(), text="Hi")
        details = [(await tab.until("reply.done"))["detail"] for tab in (english, chinese)]
    assert details == [_in(language, reply_errors.sentence, "overloaded", 9) for language in languages]


def _in(language: str, function: Any, *args: Any) -> Any:
    with override(language):
        return function(*args)


# --- Who gets in, and who stays ------------------------------------------------------------------------------


async def _refused(conversation_id: object, session_key: str) -> dict[str, Any]:
    tab = Tab(conversation_id, session_key)
    await tab.socket.connect(timeout=10)
    event = await tab.next()
    assert await tab.socket.receive_nothing(timeout=0.05, interval=0.01)
    await tab.close()
    return event


async def test_a_stranger_gets_a_closed_socket_like_that_of_no_conversation(conversation: Conversation, bob: Actor):
    await db(say, conversation)
    key = await db(make_session, bob)
    refused = [await _refused(place, key) for place in (conversation.public_id, uuid.uuid4())]
    assert refused == [{"type": "closed", "code": 4404}] * 2


@pytest.mark.parametrize("key", ["", "nosuchsession"])
async def test_without_a_session_nobody_gets_in(conversation: Conversation, key: str):
    assert await _refused(conversation.public_id, key) == {"type": "closed", "code": 4403}


async def test_a_stranger_hears_nothing_of_a_conversation(
    conversation: Conversation, ann: Actor, bob: Actor, backend: ScriptedBackend
):
    own = await db(actions.create_conversation, bob)
    async with open_tab(own.public_id, bob) as stranger, open_tab(conversation.public_id, ann) as tab:
        await tab.send("message.send", client_id=client_id(), text="Hi")
        await tab.until("reply.done")
        await stranger.send("sync")
        assert (await stranger.next())["type"] == "snapshot"


@pytest.mark.parametrize("origin", ["http://localhost:1", "https://localhost", "http://evil.example", "null", ""])
async def test_another_origin_is_refused_before_it_is_accepted(conversation: Conversation, ann: Actor, origin: str):
    key = await db(make_session, ann)
    socket = WebsocketCommunicator(APPLICATION, f"/ws/c/{conversation.public_id}/", headers=headers(key, origin))
    assert (await socket.connect(timeout=10))[0] is False


@pytest.mark.parametrize("path", ["/ws/c/nonsense/", "/ws/", "/"])
async def test_another_path_is_refused_without_a_traceback(ann: Actor, path: str, db: None, caplog: Any):
    socket = WebsocketCommunicator(APPLICATION, path, headers=headers())
    assert (await socket.connect(timeout=10))[0] is False
    assert caplog.text == ""


def _sign_out(key: str) -> None:
    SessionStore(key).flush()


def _deactivate(key: str) -> None:
    User.objects.update(is_active=False)


@pytest.fixture
def carol() -> User:
    """An account."""
    return User.objects.create_user("carol", password="a long password")


async def _tab_of(user: User) -> tuple[Tab, str]:
    made = await db(actions.create_conversation, Actor(user.pk))
    key = await db(_session_of, user)
    tab = Tab(made.public_id, key)
    await tab.open()
    return tab, key


def _session_of(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return session.session_key


@pytest.mark.parametrize("end", [_sign_out, _deactivate])
async def test_a_command_after_the_sign_out_closes_the_socket(carol: User, end: Any):
    tab, key = await _tab_of(carol)
    await db(end, key)
    await tab.send("message.send", client_id=client_id(), text="Hi")
    assert await tab.next() == {"type": "closed", "code": 4403}
    await tab.close()
    assert await Message.objects.acount() == 0


@pytest.mark.parametrize("end", [_sign_out, _deactivate])
async def test_a_silent_tab_is_closed_after_the_sign_out_too(carol: User, end: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(watching, "RECHECK_S", 0.02)
    tab, key = await _tab_of(carol)
    await db(end, key)
    assert await tab.next() == {"type": "closed", "code": 4403}
    await tab.close()


async def test_a_deleted_conversation_closes_its_tabs(conversation: Conversation, ann: Actor):
    async with open_tab(conversation.public_id, ann) as tab:
        await db(actions.delete, conversation)
        await events.publish(str(conversation.public_id), events.GONE)
        assert await tab.next() == {"type": "closed", "code": 4404}


async def test_a_tab_that_missed_the_deletion_is_closed_too(
    conversation: Conversation, ann: Actor, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(watching, "RECHECK_S", 0.02)
    async with open_tab(conversation.public_id, ann) as tab:
        await db(actions.delete, conversation)
        assert await tab.next() == {"type": "closed", "code": 4404}


# --- Frames --------------------------------------------------------------------------------------------------


async def _raw(tab: Tab, **frame: Any) -> None:
    await tab.socket.send_to(**frame)


async def test_five_bad_frames_close_the_socket(conversation: Conversation, ann: Actor, caplog: Any):
    caplog.set_level(logging.WARNING)
    async with open_tab(conversation.public_id, ann) as tab:
        for frame in ({"text_data": "{"}, {"text_data": "[]"}, {"bytes_data": b"{}"}, {"text_data": "[" * 60_000}):
            await _raw(tab, **frame)
            assert (await tab.next())["code"] == "bad_command"
        await tab.send("sync")
        assert (await tab.next())["type"] == "snapshot"
        await _raw(tab, text_data="x" * 70_000)
        assert (await tab.next())["code"] == "bad_command"
        assert await tab.next() == {"type": "closed", "code": 4400}
    assert caplog.text == ""


async def test_an_empty_frame_is_a_bad_one(conversation: Conversation, ann: Actor):
    async with open_tab(conversation.public_id, ann) as tab:
        await tab.socket.send_input({"type": "websocket.receive", "text": ""})
        assert (await tab.next())["code"] == "bad_command"


async def test_a_command_that_is_refused_leaves_the_socket_open(conversation: Conversation, ann: Actor):
    key = client_id()
    async with open_tab(conversation.public_id, ann) as tab:
        for _ in range(7):
            await tab.send("chat.event", event={"type": "gone"})
            assert (await tab.next())["code"] == "bad_command"
        await tab.send("message.send", client_id=key, text="x" * 4001)
        error = await tab.next()
        await tab.send("reply.stop", message_id=client_id())
        assert (await tab.next())["code"] == "not_found"
        await tab.send("sync")
        assert (await tab.next())["type"] == "snapshot"
    assert (error["code"], error["client_id"]) == ("too_long", key)


async def test_a_flood_is_refused_and_then_cut_off(
    conversation: Conversation, ann: Actor, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(consumers, "FRAME_BURST", 2)
    monkeypatch.setattr(consumers, "FRAMES_PER_S", 0.0)
    monkeypatch.setattr(consumers, "MAX_REFUSED_FRAMES", 3)
    async with open_tab(conversation.public_id, ann) as tab:
        for _ in range(8):
            await tab.send("sync")
        found = [await tab.next() for _ in range(6)]
    codes = [event.get("code", event["type"]) for event in found]
    assert codes == ["snapshot", "snapshot", "rate_limited", "rate_limited", "rate_limited", 4429]


async def test_a_rate_limit_says_when_to_try_again(conversation: Conversation, ann: Actor, settings: LazySettings):
    settings.CHAT_LIMITS = {**settings.CHAT_LIMITS, "rate_visitor": (1, 60)}
    key = client_id()
    async with open_tab(conversation.public_id, ann) as tab:
        await tab.send("message.send", client_id=client_id(), text="Hi")
        await tab.until("reply.done")
        await tab.send("message.send", client_id=key, text="Hi")
        error = await tab.until("error")
    assert (error["code"], error["client_id"], error["retry_after_s"] > 0) == ("rate_limited", key, True)
    assert f"try again in {error['retry_after_s']} second" in error["detail"]


async def test_a_mistake_of_ours_is_an_error_event_and_no_traceback(
    conversation: Conversation, ann: Actor, monkeypatch: pytest.MonkeyPatch, caplog: Any
):
    def fail(*args: Any) -> None:
        raise RuntimeError("canary")

    async with open_tab(conversation.public_id, ann) as tab:
        with monkeypatch.context() as patch:
            patch.setattr(dispatch, "_handle", fail)
            await tab.send("sync")
            assert (await tab.next())["code"] == "error"
        await tab.send("sync")
        assert (await tab.next())["type"] == "snapshot"
    assert ("RuntimeError" in caplog.text, "canary" in caplog.text) == (True, False)


async def test_a_mistake_of_ours_at_the_door_closes_the_socket(
    conversation: Conversation, ann: Actor, monkeypatch: pytest.MonkeyPatch
):
    def fail(*args: Any) -> None:
        raise RuntimeError("canary")

    key = await db(make_session, ann)
    monkeypatch.setattr(access, "get_conversation", fail)
    assert await _refused(conversation.public_id, key) == {"type": "closed", "code": 4500}


# --- The model's start, versions ------------------------------------------------------------------------------


async def test_the_models_start_is_told_until_it_is_ready(
    conversation: Conversation, ann: Actor, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(watching, "LOOK_EVERY_S", 0.01)
    backend.shown = ModelStatus(BackendState.STARTING, 0.1, 9.0)
    tab = Tab(conversation.public_id, await db(make_session, ann))
    snapshot = await tab.open()
    backend.shown = ModelStatus(BackendState.STARTING, 0.5, 4.0)
    half = await tab.next()
    backend.shown = ModelStatus(BackendState.READY, 1.0)
    ready = await tab.next()
    await tab.close()
    shown = [(event["model"]["state"], event["model"]["progress"]) for event in (snapshot, half, ready)]
    assert shown == [("starting", 0.1), ("starting", 0.5), ("ready", 1.0)]
    assert ready["type"] == "model.status"


async def test_choosing_a_version_gives_every_tab_its_branch(conversation: Conversation, ann: Actor):
    turn = await db(say, conversation)
    await db(lambda: actions.stop_reply(actions.regenerate(turn.reply)))
    async with open_tab(conversation.public_id, ann) as first, open_tab(conversation.public_id, ann) as second:
        await first.send("version.select", message_id=str(turn.reply.public_id))
        shown = [await tab.until("snapshot") for tab in (first, second)]
    assert shown[0] == shown[1]
    assert shown[0]["messages"][-1]["id"] == str(turn.reply.public_id)


async def test_too_big_an_event_comes_as_a_snapshot(conversation: Conversation, ann: Actor):
    async with open_tab(conversation.public_id, ann) as tab:
        await events.publish(str(conversation.public_id), events.delta(client_id(), 1, "x" * 70_000))
        assert (await tab.next())["type"] == "snapshot"


async def test_a_process_that_is_about_to_end_opens_no_socket(conversation: Conversation):
    processes.begin_draining()
    tab = Tab(conversation.public_id, await db(make_session, ANN))
    await tab.socket.connect(timeout=10)
    assert await tab.next() == {"type": "closed", "code": 4001}


async def test_what_comes_too_late_is_given_back_for_the_next_process(
    conversation: Conversation, backend: ScriptedBackend
):
    fields = {"client_id": client_id(), "text": "Hi"}
    async with open_tab(conversation.public_id, ANN) as tab:
        processes.begin_draining()
        await tab.send("message.send", **fields)
        assert await tab.next() == {"type": "again", "command": {"type": "message.send", **fields}}
        assert await tab.next() == {"type": "closed", "code": 4001}
    assert await Message.objects.acount() == 0


async def test_a_tab_that_could_not_be_given_the_state_stays_and_asks_again(
    conversation: Conversation, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
):
    async with open_tab(conversation.public_id, ANN) as tab:
        [socket] = get_hub().listening()
        with monkeypatch.context() as patched:
            patched.setattr(dispatch, "snapshot", _fail)
            await events.publish(str(conversation.public_id), events.RESYNC)
            while not socket.doubtful(set()):
                await asyncio.sleep(0.005)
        get_hub().resync_doubtful(set())
        await tab.until("snapshot")
        assert not socket.doubtful(set())


def _fail(*_args: object) -> None:
    raise OperationalError("secret")
