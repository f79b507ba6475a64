"""chat/metrics.py: figures with bounded labels, in a format that Prometheus's own parser reads."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

import inference
from chat import metrics
from chat.metrics import Measures
from inference import BackendState, Status
from inference.errors import Overloaded
from tests.scripted import ScriptedBackend


def figures() -> dict[tuple[str, ...], float]:
    """Every sample of the page: its name and its labels' values, then its value."""
    return {
        (sample.name, *(value for _name, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(metrics.page().decode())
        for sample in family.samples
    }


def change(work: Any) -> dict[tuple[str, ...], float]:
    """What a piece of work adds to the counters of ours."""
    before = figures()
    work()
    after = figures()
    return {
        key: value - before.get(key, 0.0)
        for key, value in after.items()
        if key[0].startswith("duologue_") and key[0].endswith(("_total", "_count")) and value != before.get(key, 0.0)
    }


@pytest.mark.usefixtures("backend")
def test_a_reply_is_counted_with_what_it_took():
    measures = Measures("default", 0.5, 1.0, 3.0, prompt_tokens=7, completion_tokens=21)
    assert change(lambda: metrics.count_reply("complete", measures)) == {
        ("duologue_replies_total", "complete", "default"): 1,
        ("duologue_reply_wait_seconds_count", "default"): 1,
        ("duologue_reply_first_token_seconds_count", "default"): 1,
        ("duologue_reply_seconds_count", "default"): 1,
        ("duologue_reply_tokens_per_second_count", "default"): 1,
        ("duologue_tokens_total", "default", "prompt"): 7,
        ("duologue_tokens_total", "default", "completion"): 21,
    }


@pytest.mark.usefixtures("backend")
def test_the_rate_is_that_between_the_first_and_the_last_word():
    key = ("duologue_reply_tokens_per_second_sum", "default")
    before = figures().get(key, 0.0)
    metrics.count_reply("complete", Measures("default", None, 1.0, 3.0, None, 21))
    assert figures()[key] - before == 10.0


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(("engine", "label"), [("", "none"), ("a-visitors-invention", "other"), ("default", "default")])
def test_a_label_is_a_name_from_the_settings(engine: str, label: str):
    changed = change(lambda: metrics.count_reply("stopped", Measures(engine)))
    assert changed == {("duologue_replies_total", "stopped", label): 1}


@pytest.mark.usefixtures("backend")
def test_errors_are_counted_by_code_or_class_and_their_number_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(metrics, "_seen_errors", {"overloaded", "KeyError"})
    monkeypatch.setattr(metrics, "MAX_ERRORS", 2)
    changed = change(lambda: [metrics.count_error(error) for error in (Overloaded("x"), KeyError("secret"), "new")])
    assert changed == {
        ("duologue_errors_total", "overloaded"): 1,
        ("duologue_errors_total", "KeyError"): 1,
        ("duologue_errors_total", "other"): 1,
    }


@pytest.mark.usefixtures("backend")
def test_an_engines_figures_are_shown_once_however_many_pass_them_on():
    scripted = {"BACKEND": "tests.scripted.ScriptedBackend"}
    inference.configure({"model": scripted, "router": scripted, "default": "router"})
    for engine in ("model", "router"):
        backend = inference.get_backend(engine)
        assert isinstance(backend, ScriptedBackend)
        backend.shown = Status(BackendState.READY, running=3, queued=2, slots=4, engine="model")
    shown = {key: value for key, value in figures().items() if key[0].startswith("duologue_engine_")}
    assert shown == {
        ("duologue_engine_ready", "model"): 1,
        ("duologue_engine_running", "model"): 3,
        ("duologue_engine_queued", "model"): 2,
        ("duologue_engine_slots", "model"): 4,
    }


async def test_the_loop_is_measured_once_and_its_end_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(metrics, "LOOP_EVERY_S", 0.0)
    loop = asyncio.get_running_loop()
    before = figures()[("duologue_event_loop_lag_seconds_count",)]
    metrics.watch_loop(loop)
    metrics.watch_loop(loop)
    while figures()[("duologue_event_loop_lag_seconds_count",)] < before + 3:
        await asyncio.sleep(0)


def test_the_process_shows_its_memory():
    assert figures()[("process_resident_memory_bytes",)] > 2**20
