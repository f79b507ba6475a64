"""chat/commands.py: what a frame may be, and that nothing else gets through."""

from __future__ import annotations

import contextlib
import json
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.commands import (
    COMMANDS,
    BadFrame,
    ClearFeedback,
    Command,
    CompareAnswers,
    ContinueReply,
    DecideComparison,
    EditMessage,
    LoadHistory,
    RegenerateReply,
    SelectVersion,
    SendMessage,
    SetChoice,
    SetFeedback,
    StopReply,
    Sync,
    clean_text,
    parse_frame,
    parse_object,
)
from chat.enums import Better, FeedbackReasonCode, FeedbackValue
from chat.errors import BadCommand, ChatError, TooLong

ID = "6f2c1c1e-5b0f-4a0e-9a68-1f9d9f7c2b11"
UID = uuid.UUID(ID)
FEEDBACK = {"type": "feedback.set", "message_id": ID, "value": -1, "reasons": ["wrong", "slow"], "comment": " No. "}

VOTE = {"type": "comparison.vote", "message_id": ID, "better": "tie", "reasons": ["clear", "clear"], "guess": "gpt2"}

VALID: list[tuple[dict[str, Any], Command]] = [
    ({"type": "message.send", "client_id": ID, "text": " Hi\n"}, SendMessage(ID, "Hi")),
    ({"type": "message.compare", "client_id": ID, "text": "Hi"}, CompareAnswers(ID, "Hi")),
    (VOTE, DecideComparison(UID, Better.TIE, ("clear",), "gpt2")),
    ({"type": "message.edit", "message_id": ID, "client_id": ID, "text": "你好"}, EditMessage(UID, ID, "你好")),
    ({"type": "reply.stop", "message_id": ID}, StopReply(UID)),
    ({"type": "reply.regenerate", "message_id": ID}, RegenerateReply(UID)),
    ({"type": "reply.continue", "message_id": ID}, ContinueReply(UID)),
    ({"type": "version.select", "message_id": ID}, SelectVersion(UID)),
    (
        FEEDBACK,
        SetFeedback(UID, FeedbackValue.BAD, (FeedbackReasonCode.WRONG, FeedbackReasonCode.SLOW), "No."),
    ),
    ({"type": "feedback.clear", "message_id": ID}, ClearFeedback(UID)),
    ({"type": "conversation.set", "assistant": "tutor", "engine": ""}, SetChoice("tutor", "")),
    ({"type": "history.load", "before": ID}, LoadHistory(UID)),
    ({"type": "sync"}, Sync()),
]


@pytest.mark.parametrize(("raw", "command"), VALID, ids=[raw["type"] for raw, _ in VALID])
def test_each_command_is_understood(raw: dict[str, Any], command: Command):
    assert parse_frame(json.dumps(raw)) == command


def test_every_command_is_in_this_table():
    assert {raw["type"] for raw, _ in VALID} == set(COMMANDS)


def test_a_body_in_bytes_is_understood_too():
    assert parse_frame(b'{"type": "sync"}') == Sync()


BAD_FRAMES = {
    "no text": None,
    "empty": "",
    "not json": "{",
    "list": "[]",
    "string": '"sync"',
    "number": "1",
    "null": "null",
    "nan": '{"type": "sync", "x": NaN}',
    "duplicate key": '{"type": "sync", "type": "sync"}',
    "deep": "[" * 60_000,
    "deep objects": '{"a":' * 10_000 + "1" + "}" * 10_000,
    "long number": '{"type": ' + "1" * 10_000 + "}",
    "oversize": '{"type": "sync", "x": "' + "a" * 65_536 + '"}',
    "oversize in bytes alone": '{"type": "sync", "x": "' + "你" * 30_000 + '"}',
    "not utf-8": b"\xff\xfe{}",
    "half a surrogate in the frame": '{"type": "sync", "x": "\ud800"}',
}


@pytest.mark.parametrize("frame", BAD_FRAMES.values(), ids=BAD_FRAMES)
def test_what_is_no_json_object_is_a_bad_frame(frame: str | bytes | None):
    with pytest.raises(BadFrame):
        parse_object(frame)


def _with(**changes: Any) -> dict[str, Any]:
    return {**FEEDBACK, **changes}


BAD_COMMANDS: dict[str, dict[str, Any]] = {
    "no type": {},
    "type of another kind": {"type": ["sync"]},
    "unknown type": {"type": "chat.event"},
    "handler name": {"type": "websocket.receive"},
    "unknown field": {"type": "sync", "extra": 1},
    "missing field": {"type": "reply.stop"},
    "null id": {"type": "reply.stop", "message_id": None},
    "id of another kind": {"type": "reply.stop", "message_id": 7},
    "id in braces": {"type": "reply.stop", "message_id": "{" + ID + "}"},
    "id without hyphens": {"type": "reply.stop", "message_id": ID.replace("-", "")},
    "urn": {"type": "reply.stop", "message_id": "urn:uuid:" + ID},
    "text of another kind": {"type": "message.send", "client_id": ID, "text": ["a"]},
    "blank text": {"type": "message.send", "client_id": ID, "text": " \n\x00"},
    "half a surrogate": {"type": "message.send", "client_id": ID, "text": "a\ud800"},
    "client id of another kind": {"type": "message.send", "client_id": {}, "text": "a"},
    "value true": _with(value=True),
    "value 1.0": _with(value=1.0),
    "value 2": _with(value=2),
    "reasons of another kind": _with(reasons="wrong"),
    "unknown reason": _with(reasons=["__class__"]),
    "reason of another kind": _with(reasons=[["wrong"]]),
    "reasons without end": _with(reasons=["wrong"] * 11),
    "good reason for a bad answer": _with(reasons=["good_clear"]),
    "bad reason for a good answer": _with(value=1),
    "comment of another kind": _with(comment=None),
}


@pytest.mark.parametrize("raw", BAD_COMMANDS.values(), ids=BAD_COMMANDS)
def test_what_is_no_command_is_refused(raw: dict[str, Any]):
    with pytest.raises(BadCommand) as caught:
        parse_frame(json.dumps(raw))
    assert not isinstance(caught.value, BadFrame)


@pytest.mark.parametrize(
    ("raw", "ids"),
    [
        ({"type": "message.send", "client_id": ID, "text": "x" * 4001}, (ID, "")),
        (_with(comment="x" * 2001), ("", ID)),
    ],
)
def test_too_long_a_text_is_refused_and_names_what_it_was(raw: dict[str, Any], ids: tuple[str, str]):
    with pytest.raises(TooLong) as caught:
        parse_frame(json.dumps(raw))
    assert (caught.value.client_id, caught.value.message_id) == ids


def test_a_text_at_the_limit_is_taken():
    command = parse_frame(json.dumps({"type": "message.send", "client_id": ID, "text": "你" * 4000}))
    assert command == SendMessage(ID, "你" * 4000)


def test_reasons_are_counted_once():
    command = parse_frame(json.dumps(_with(reasons=["slow", "slow"])))
    assert command == SetFeedback(UID, FeedbackValue.BAD, (FeedbackReasonCode.SLOW,), "No.")


def test_nul_is_left_out():
    assert clean_text("a\x00b") == "ab"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
_KEYS = st.sampled_from(["type", "client_id", "message_id", "text", "value", "reasons", "comment", "before"])
_VALUES = st.sampled_from([*COMMANDS, ID, 1, -1, []]) | _JSON


@given(st.text() | st.binary() | st.dictionaries(_KEYS, _VALUES).map(json.dumps))
def test_anything_is_a_command_or_an_error_of_ours(frame: str | bytes):
    with contextlib.suppress(ChatError):
        assert isinstance(parse_frame(frame), Command)
