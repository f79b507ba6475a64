"""chat/upstream_findings.py: what the doctor says about other servers, against a real one that misbehaves."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from django.conf import settings

import inference
from chat import diagnosis
from chat.findings import Finding, State
from chat.upstream_findings import finding, names
from tests.misbehaving import Misbehaving, misbehaving

RAW = "inference.backends.openai_compatible.OpenAICompatibleBackend"


@pytest.fixture
def server() -> Iterator[Misbehaving]:
    """In a thread of its own: the doctor is no event loop's."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    running = misbehaving()
    yield asyncio.run_coroutine_threadsafe(running.__aenter__(), loop).result()
    asyncio.run_coroutine_threadsafe(running.__aexit__(None, None, None), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def found(server: Misbehaving, model: str, cited: bool = False) -> Finding:
    raw = {"BACKEND": RAW, "OPTIONS": {"base_url": server.url, "model": model, "label": "Our cloud", "retries": 0}}
    cited_entry = {"BACKEND": "inference.backends.cited.CitedBackend", "OPTIONS": {"model": raw, "label": "Our cloud"}}
    inference.configure({"cloud": cited_entry if cited else raw, "rules": settings.INFERENCE["rules"]})
    try:
        assert names() == ["cloud"]
        told = finding("cloud")
    finally:
        inference.configure(settings.INFERENCE)
    assert told.name == "upstream:cloud"
    assert told.detail.startswith(f"Our cloud at {server.url} ")
    return told


@pytest.mark.parametrize("cited", [False, True])
@pytest.mark.parametrize("models", [None, ["other", "well"]])
def test_a_server_that_answers(server: Misbehaving, models: list[str] | None, cited: bool):
    server.models = models
    told = found(server, "well", cited)
    assert (told.state, told.remedy) == (State.OK, "")
    assert (told.facts["listed"], told.facts["model"]) == (True if models else None, "well")
    assert told.facts["first_ms"] > 0


def test_a_model_that_is_not_in_the_list_is_looked_at(server: Misbehaving):
    server.models = ["other"]
    assert found(server, "well").state is State.WARN
    told = found(server, "404")
    assert (told.state, told.facts["error"]) == (State.FAIL, "upstream_rejected")
    assert "MODEL" in told.remedy


@pytest.mark.parametrize(
    ("model", "code", "remedy"),
    [
        ("401", "upstream_rejected", "KEY"),
        ("500", "upstream_unreachable", "URL"),
        ("429", "overloaded", "later"),
        ("cut", "stream_broken", "log"),
    ],
)
def test_what_is_wrong_is_said_with_a_remedy(server: Misbehaving, model: str, code: str, remedy: str):
    told = found(server, model)
    assert (told.state, told.facts["error"]) == (State.FAIL, code)
    assert remedy in told.remedy


def test_a_site_of_its_own_engines_has_nothing_to_say():
    assert names() == []


def test_who_stands_in_is_told_with_the_engine(server: Misbehaving):
    raw = {"BACKEND": RAW, "OPTIONS": {"base_url": server.url, "model": "well", "label": "Our cloud"}}
    fallback = {"BACKEND": "inference.backends.fallback.FallbackBackend", "OPTIONS": {"backends": ["cloud", "rules"]}}
    inference.configure({"cloud": raw, "rules": settings.INFERENCE["rules"], "default": fallback})
    try:
        told = diagnosis.engine()
    finally:
        inference.configure(settings.INFERENCE)
    assert told.detail == "Answers come from: Our cloud; when that is down, from: the help articles (rules)."
    assert told.facts["fallback"] == ["rules"]
