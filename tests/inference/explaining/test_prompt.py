from __future__ import annotations

import pytest

from inference.engine.engine import Engine
from inference.errors import InvalidRequest, MessageTooLong
from inference.explaining.prompt import prompt
from inference.explaining.reading import read
from inference.explaining.served import Served
from inference.explaining.subject import Names, Subject
from inference.types import Request, Role
from tests.inference.conftest import ask
from tests.inference.explaining.conftest import serve, talk


def test_the_parts_are_the_prompt_that_the_engine_makes(embedded, subject):
    request = talk((Role.SYSTEM, "Be kind."), (Role.USER, "hi <|end|>"), prefix="Your card")
    reading = read(subject, Served(request, " is here"))
    view = prompt(subject, reading)
    assert reading.prompt == Engine(embedded.model, embedded.tokenizer)._prompter.of_request(request).token_ids
    assert [(piece.kind, piece.text, piece.message) for piece in view.pieces] == [
        ("control", "<|system|>", -1),
        ("instructions", "Be kind.", 0),
        ("control", "<|end|><|user|>", -1),
        ("user", "hi <|end|>", 1),
        ("control", "<|end|><|assistant|>", -1),
        ("prefix", "Your card", -1),
    ]
    assert sum(piece.tokens for piece in view.pieces) == view.prompt_tokens == len(reading.prompt)
    assert [piece.start for piece in view.pieces] == [
        sum(piece.tokens for piece in view.pieces[:i]) for i in range(len(view.pieces))
    ]


def test_what_the_checkpoint_was_not_taught_to_read_is_left_out(embedded, subject):
    served, record = serve(embedded, talk())
    view = prompt(subject, read(subject, served))
    assert [(one.message, one.role, one.text, one.reason) for one in view.left_out] == [
        (0, "user", "hello", "history"),
        (1, "assistant", "Hello! How can I help?", "history"),
    ]
    assert (view.prompt_tokens, view.truncated_tokens) == (record.prompt_tokens, record.truncated_tokens)
    assert sum(one.tokens for one in view.left_out) == view.truncated_tokens
    assert [piece.message for piece in view.pieces if piece.message >= 0] == [2, 3, 4]


def test_what_does_not_fit_the_window_is_left_out(tiny):
    subject = Subject(tiny.model, tiny.tokenizer, Names("tiny", "0"), window=48)
    request = talk((Role.USER, "qzj" * 12), (Role.ASSISTANT, "ok"), (Role.USER, "my card"), max_new_tokens=8)
    view = prompt(subject, read(subject, Served(request, "x", "card_arrival")))
    assert [(one.message, one.reason) for one in view.left_out] == [(0, "window"), (1, "window")]


def test_a_text_to_go_on_with_is_one_part(tiny_subject):
    request = Request(ask("my card").messages, prompt="my card has")
    view = prompt(tiny_subject, read(tiny_subject, Served(request, " not")))
    assert [(piece.kind, piece.text) for piece in view.pieces] == [("text", "my card has")]


def test_what_could_not_have_been_served_is_refused(tiny_subject):
    with pytest.raises(MessageTooLong):
        read(tiny_subject, Served(ask("card " * 200), "x"))
    with pytest.raises(InvalidRequest):
        read(tiny_subject, Served(ask("card"), "qzj" * 50))
