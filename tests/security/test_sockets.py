"""The same seven kinds of people on the WebSocket, and frames that want to be more than commands."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from chat.commands import COMMANDS
from chat.consumers import NOT_FOUND, SIGNED_OUT, ChatConsumer
from tests.chat.sockets import Tab, all_done, db
from tests.security.conftest import ACTORS, OWNERS, World
from tests.security.test_walk import STRANGERS, payload, stored


async def key_of(world: World, name: str) -> str:
    """The session of this person's browser."""
    client = await db(world.client, name)
    return str(client.cookies["sessionid"].value)


async def open_as(world: World, name: str, conversation: str) -> Tab:
    """A tab of this person on a conversation of their own."""
    tab = Tab(conversation, await key_of(world, name))
    await tab.open()
    return tab


@pytest.mark.parametrize("owner", OWNERS)
async def test_strangers_get_a_closed_socket_and_not_a_word(world: World, owner: str) -> None:
    for stranger in STRANGERS[owner]:
        seen = []
        for conversation in (world.owned[owner].id, str(uuid.uuid4())):
            tab = Tab(conversation, await key_of(world, stranger))
            assert (await tab.socket.connect(timeout=10))[0]
            seen.append(await tab.next())
        assert (stranger, seen) == (stranger, [{"type": "closed", "code": NOT_FOUND}] * 2)


async def test_a_browser_without_a_session_gets_the_same_for_every_address(world: World) -> None:
    for conversation in (world.owned["visitor_a"].id, str(uuid.uuid4())):
        tab = Tab(conversation, "")
        assert (await tab.socket.connect(timeout=10))[0]
        assert await tab.next() == {"type": "closed", "code": SIGNED_OUT}


@pytest.mark.parametrize("owner", OWNERS)
async def test_no_command_reaches_into_anothers_conversation(world: World, owner: str) -> None:
    aimed = [name for name in COMMANDS if {"message_id", "before"} & payload(name, world.owned[owner]).keys()]
    before = await db(stored)
    for stranger in STRANGERS[owner]:
        tab = await open_as(world, stranger, world.owned[stranger].id)
        for name in aimed:
            command = payload(name, world.owned[owner])
            await tab.send(command.pop("type"), **command)
            answer = await tab.next()
            assert (stranger, name, answer["type"], answer["code"]) == (stranger, name, "error", "not_found")
        await tab.close()
    await all_done()
    assert await db(stored) == before


@pytest.mark.parametrize("owner", OWNERS)
async def test_what_an_owner_does_reaches_no_other_tab(world: World, owner: str) -> None:
    others = [await open_as(world, name, world.owned[name].id) for name in STRANGERS[owner]]
    tab = await open_as(world, owner, world.owned[owner].id)
    command = payload("message.send", world.owned[owner])
    await tab.send(command.pop("type"), **command)
    await tab.until("reply.done")
    assert [await other.socket.receive_nothing(timeout=0.01) for other in others] == [True] * len(others)
    for other in (tab, *others):
        await other.close()
    await all_done()


def handler_names() -> list[str]:
    """Everything that a consumer could be made to run by a message's type."""
    methods = [name for name in dir(ChatConsumer) if callable(getattr(ChatConsumer, name))]
    return sorted({name.replace("_", ".") for name in methods} | set(methods) | {"chat.event", "websocket.disconnect"})


async def test_a_type_never_picks_a_method(world: World) -> None:
    before = await db(stored)
    names = [name for name in handler_names() if name not in COMMANDS]
    event = {"type": "reply.delta", "message_id": "x", "seq": 1, "text": "forged"}
    for start in range(0, len(names), 20):
        tab = await open_as(world, "visitor_a", world.owned["visitor_a"].id)
        for name in names[start : start + 20]:
            await tab.send(name, event=event, text="x", code=4400)
            answer = await tab.next()
            assert (name, answer["type"], answer["code"]) == (name, "error", "bad_command")
        await tab.close()
    assert await db(stored) == before


@pytest.mark.parametrize("type_", [None, 1, True, [], {}, "", "sync\x00", "SYNC", "message.send ", "__class__"])
async def test_a_type_is_one_of_ours_or_nothing(world: World, type_: Any) -> None:
    tab = await open_as(world, "user_a", world.owned["user_a"].id)
    await tab.send(type_)
    assert (await tab.next())["code"] == "bad_command"
    await tab.close()


def test_all_seven_are_walked() -> None:
    assert {name for names in STRANGERS.values() for name in names} == set(ACTORS)
