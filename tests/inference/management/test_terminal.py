"""What the commands print while a model loads, in a terminal and in a log."""

from __future__ import annotations

import io
import locale

import pytest
from django.core.management.base import OutputWrapper

from inference.errors import InferenceError, Overloaded
from inference.management.terminal import LoadingProgress, error_sentence, ready_sentence, terminal_language
from inference.types import BackendState, Status


class Terminal(io.StringIO):
    """A stream on which a person looks."""

    def isatty(self) -> bool:
        return True


def test_a_log_gets_one_line_per_step() -> None:
    out = io.StringIO()
    progress = LoadingProgress(OutputWrapper(out))
    for share, step in ((0.0, ""), (0.02, "Loading PyTorch"), (0.1, "Loading PyTorch"), (0.55, "Warming up")):
        progress.show(Status(BackendState.STARTING, share, detail=step))
    progress.show(Status(BackendState.READY, 1.0))
    progress.close()
    assert out.getvalue() == "Starting the model: 2% (Loading PyTorch)\nStarting the model: 55% (Warming up)\n"


def test_a_terminal_gets_a_bar_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    out = Terminal()
    progress = LoadingProgress(OutputWrapper(out))
    progress.close()
    progress.show(Status(BackendState.STARTING, 0.5, eta_s=3.2, detail="Reading the weights"))
    progress.close()
    progress.close()
    shown = out.getvalue()
    assert "Reading the weights" in shown
    assert "50%" in shown
    assert "about 3 s left" in shown


@pytest.mark.parametrize(("name", "language"), [("zh_CN.UTF-8", "zh-hans"), ("en_GB.UTF-8", "en"), ("C", "en")])
def test_the_terminal_speaks_the_language_of_its_locale(
    monkeypatch: pytest.MonkeyPatch, name: str, language: str
) -> None:
    monkeypatch.setattr(locale, "setlocale", lambda category, value: name)
    assert terminal_language() == language


def test_an_unknown_locale_is_english(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(category: int, value: str) -> str:
        raise locale.Error("unsupported locale setting")

    monkeypatch.setattr(locale, "setlocale", refuse)
    assert terminal_language() == "en"


def test_every_error_has_a_sentence() -> None:
    assert error_sentence(Overloaded("x")) == "The model is busy. Please try again in a moment."
    assert error_sentence(InferenceError("x")) == "No answer can be given at the moment. Please try again shortly."


def test_what_is_ready_is_named() -> None:
    facts = {"checkpoint": "embedded", "device": "cpu", "precision": "fp32"}
    assert ready_sentence(facts) == "The model is ready: embedded on cpu (fp32)."
    assert ready_sentence({"backend": "openai", "model": "some-model"}) == "The model is ready: some-model."
