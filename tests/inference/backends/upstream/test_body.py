"""inference/backends/upstream/body.py: which of our fields a server's refusal is about."""

from __future__ import annotations

from typing import Any

import pytest

from inference.backends.upstream.body import refused_field, with_instructions
from inference.types import ChatMessage, Role

BODY = {"model": "m", "messages": [], "stream_options": {}, "max_tokens": 9, "seed": 1, "stop": ["x"]}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (
            {"message": "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'.", "param": "max_tokens"},
            "max_tokens",
        ),
        ({"detail": [{"loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"}]}, "stream_options"),
        ({"detail": "Unexpected fields in the request: {'seed'}"}, "seed"),
        ({"message": "top_p must be above 0", "param": "top_p"}, None),
        ({"message": "no such field", "param": "stop"}, None),
        ({"message": "messages are missing", "param": "messages"}, None),
        ("<html>", None),
        (None, None),
    ],
)
def test_a_refused_field_is_one_that_was_sent_and_can_be_left_out(told: Any, expected: str | None):
    assert refused_field(BODY, told) == expected


def test_instructions_join_those_that_are_there():
    system, user = ChatMessage(Role.SYSTEM, "a"), ChatMessage(Role.USER, "q")
    assert with_instructions([system, user], "b") == [ChatMessage(Role.SYSTEM, "a\n\nb"), user]
    assert with_instructions([user], "b") == [ChatMessage(Role.SYSTEM, "b"), user]
