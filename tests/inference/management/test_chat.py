"""The chat in the terminal, with a scripted model at its other end."""

from __future__ import annotations

import asyncio
import builtins
import io
from collections.abc import Callable, Iterator

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.core.management.base import CommandError

import inference
from inference.errors import BackendUnavailable, GenerationError, MessageTooLong, Overloaded
from inference.management.commands.chat import _configure
from inference.types import BackendState, ChatMessage, Role, Status
from tests.scripted import Fail, Raise, ScriptedBackend

Type = Callable[..., str]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Type:
    """Run the command with these lines typed; what it printed after the greeting."""

    def run(*lines: str | BaseException) -> str:
        rest: Iterator[str | BaseException] = iter(lines)

        def fake_input(prompt: str = "") -> str:
            line = next(rest, EOFError())
            if isinstance(line, BaseException):
                raise line
            return line

        monkeypatch.setattr(builtins, "input", fake_input)
        out = io.StringIO()
        call_command("chat", stdout=out)
        assert next(rest, None) is None
        return out.getvalue().partition("type exit to leave.\n")[2]

    return run


def test_an_answer_streams_and_the_turns_are_the_context(typed: Type, backend: ScriptedBackend) -> None:
    backend.scripts = [["It is ", "on its way."], ["Five ", "days."]]
    assert typed("Where is my card?", "  ", "How long?") == "It is on its way.\nFive days.\n\n"
    assert backend.requests[1].messages == (
        ChatMessage(Role.USER, "Where is my card?"),
        ChatMessage(Role.ASSISTANT, "It is on its way."),
        ChatMessage(Role.USER, "How long?"),
    )


@pytest.mark.parametrize("word", ["exit", "EXIT", "退出", " quit "])
def test_a_word_ends_it(typed: Type, backend: ScriptedBackend, word: str) -> None:
    assert typed(word) == ""
    assert backend.requests == []


def test_ctrl_c_at_the_prompt_only_says_how_to_leave(typed: Type, backend: ScriptedBackend) -> None:
    assert typed(KeyboardInterrupt(), "exit") == "\nType exit to leave.\n"


def test_ctrl_c_stops_an_answer_and_keeps_what_was_said(typed: Type, backend: ScriptedBackend) -> None:
    class Interrupted(asyncio.Event):
        async def wait(self) -> bool:
            import os
            import signal

            os.kill(os.getpid(), signal.SIGINT)
            return await super().wait()

    backend.scripts = [["Once upon ", Interrupted(), "never"], ["Yes."]]
    assert typed("A story?", "More?", "exit") == "Once upon  [stopped]\nYes.\n"
    assert len(backend.cancelled) == 1
    assert backend.requests[1].messages[1] == ChatMessage(Role.ASSISTANT, "Once upon ")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (Overloaded("full"), "The model is busy. Please try again in a moment."),
        (MessageTooLong("513"), "This message is too long for the model. Please shorten it."),
        (BackendUnavailable("No such folder."), "The model is not available: No such folder."),
    ],
)
def test_a_refusal_is_one_sentence_and_no_turn(
    typed: Type, backend: ScriptedBackend, error: Exception, sentence: str
) -> None:
    backend.scripts = [[Raise(error)]]
    assert typed("Hello", "Hello", "exit") == f"{sentence}\nHello there.\n"
    assert len(backend.requests[1].messages) == 1


def test_an_answer_that_breaks_off_keeps_its_words(typed: Type, backend: ScriptedBackend) -> None:
    backend.scripts = [["Half an ", Fail(GenerationError("boom"))]]
    assert typed("Hello", "exit") == "Half an \nThe answer broke off. Please ask again.\n"


def test_a_model_cannot_steer_the_terminal(typed: Type, backend: ScriptedBackend) -> None:
    backend.scripts = [["\x1b[2Jred\x07 \x9b1m", "👩‍💻\tend"]]
    assert typed("Hello", "exit") == "[2Jred 1m👩‍💻\tend\n"


@pytest.fixture
def engines(settings: LazySettings) -> Iterator[LazySettings]:
    """Settings whose INFERENCE a test may change."""
    before = settings.INFERENCE
    yield settings
    inference.configure(before)


def test_another_engine_may_answer(engines: LazySettings) -> None:
    scripted = {"BACKEND": "tests.scripted.ScriptedBackend"}
    engines.INFERENCE = {"default": "one", "one": scripted, "two": scripted}
    _configure("two", {})
    assert inference.get_backend().name == "two"
    with pytest.raises(CommandError, match=r"^There is no engine three; there are: one, two\.$"):
        _configure("three", {})


@pytest.mark.parametrize("model", ["checkpoint", "default"])
def test_other_options_are_the_models(engines: LazySettings, model: str) -> None:
    path = "inference.backends.local.LocalBackend"
    engines.INFERENCE = {"default": "gpt2", model: {"BACKEND": path, "OPTIONS": {"max_streams": 1}}}
    _configure(None, {"checkpoint": "of-mine", "device": "cpu"})
    assert inference.get_backend(model).describe()["requested_checkpoint"] == "of-mine"


def test_a_model_that_cannot_start_is_one_sentence(typed: Type, backend: ScriptedBackend) -> None:
    backend.shown = Status(BackendState.FAILED, detail="The weights are damaged.")
    with pytest.raises(CommandError, match=r"^The weights are damaged\.$"):
        typed()
