"""Which engine answers for an assistant, and when it cannot be offered."""

from __future__ import annotations

import pytest

import inference
from chat.assistants import engines
from chat.assistants.models import Assistant
from inference import BackendState, Status

LARGE = {"BACKEND": "inference.backends.openai_compatible.OpenAICompatibleBackend"}
OPTIONS = {"base_url": "http://127.0.0.1:9/v1", "model": "m"}


@pytest.mark.parametrize(
    ("engine", "needs", "expected"),
    [
        ("", "any", ("default", "")),
        ("", "large", ("cloud", "")),
        ("gpt2", "any", ("gpt2", "")),
        ("gpt2", "large", ("gpt2", "not_large")),
        ("cloud", "large", ("cloud", "")),
        ("gone", "any", ("default", "not_configured")),
        ("gone", "large", ("cloud", "not_configured")),
    ],
)
@pytest.mark.usefixtures("engines")
def test_the_engine_of_an_assistant(engine: str, needs: str, expected: tuple[str, str]):
    assistant = Assistant(slug="x", engine=engine, needs=needs)
    assert (engines.engine_of(assistant), engines.problem(assistant)) == expected


@pytest.mark.usefixtures("backend")
def test_without_a_large_model_nothing_that_needs_one_is_offered():
    assert engines.problem(Assistant(slug="x", needs="large")) == "none_large"
    assert engines.engine_of(None) == "default"


def test_staff_see_every_engine_with_its_state(engines: dict):
    from chat.assistants.engines import Engine
    from chat.assistants.engines import engines as listed

    engines["gpt2"].shown = Status(BackendState.STARTING, 0.5)
    assert listed() == [
        Engine("small", "small", ""),
        Engine("cloud", "cloud", ""),
        Engine("gpt2", "GPT-2 with articles", "starting"),
        Engine("rules", "Rules", ""),
    ]


def test_large_is_another_server_that_is_no_duologue_by_whatever_way_it_is_asked():
    raw = {**LARGE, "OPTIONS": OPTIONS}
    inference.configure(
        {
            "raw": raw,
            "tier": {**LARGE, "OPTIONS": {**OPTIONS, "articles": "server"}},
            "cited": {"BACKEND": "inference.backends.cited.CitedBackend", "OPTIONS": {"model": raw, "label": "Ours"}},
            "default": {
                "BACKEND": "inference.backends.fallback.FallbackBackend",
                "OPTIONS": {"backends": ["cited", "rules"]},
            },
            "rules": {"BACKEND": "inference.backends.rules.RulesBackend"},
        }
    )
    names = ("raw", "tier", "cited", "default", "rules", "nowhere")
    assert [engines.is_large(name) for name in names] == [True, False, True, True, False, False]
    assert engines.engine_label("cited") == "Ours"
