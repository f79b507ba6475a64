"""A known text, said piece by piece within what the request allows."""

from __future__ import annotations

import pytest

from inference.backends.spoken import Speech, pieces
from inference.types import FinishReason, Request
from tests.inference.knowing import ask

TEXT = "Open the app. 打开应用，然后激活。"


async def said(text: str, request: Request) -> tuple[str, int, FinishReason]:
    speech = Speech(text, request)
    chunks = [chunk async for chunk in speech.chunks()]
    assert sum(chunk.token_count for chunk in chunks) == speech.tokens
    return "".join(chunk.text for chunk in chunks), speech.tokens, speech.finish


def test_pieces_are_the_text():
    assert pieces(TEXT) == ["Open", " the", " app.", " 打开应", "用", "，", "然后激", "活", "。"]


@pytest.mark.parametrize(
    ("sampling", "expected"),
    [
        ({}, (TEXT, 9, FinishReason.STOP)),
        ({"max_new_tokens": 3}, (TEXT, 9, FinishReason.STOP)),
        ({"max_new_tokens": 3, "cut_quotes": True}, ("Open the app.", 3, FinishReason.LENGTH)),
        ({"max_new_tokens": 9, "cut_quotes": True}, (TEXT, 9, FinishReason.STOP)),
        ({"stop": ("应用",)}, ("Open the app. 打开", 5, FinishReason.STOP)),
        ({"stop": ("app. 关", "激活！")}, (TEXT, 9, FinishReason.STOP)),
    ],
)
async def test_it_ends_where_the_request_says(sampling: dict, expected: tuple):
    assert await said(TEXT, ask("x", **sampling)) == expected


async def test_what_was_said_already_is_not_said_again():
    assert await said("One two three.", ask("x", prefix="One two")) == (" three.", 1, FinishReason.STOP)
    assert (await said("One two.", ask("x", prefix="Something else")))[0] == "\n\nOne two."
