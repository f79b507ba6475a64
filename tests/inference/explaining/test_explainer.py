from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from dataclasses import replace

import pytest

from inference.errors import CheckpointError, InvalidRequest
from inference.explaining import panels
from inference.explaining.explainer import Explainer
from inference.explaining.served import Served
from inference.types import Completion, FinishReason
from tests.inference.conftest import ask
from tests.inference.explaining.conftest import serve
from tests.inference.knowing import ARRIVAL


@pytest.fixture
def folder(tiny, tmp_path):
    """A checkpoint folder with the tiny model."""
    tiny.model.save_pretrained(tmp_path)
    tiny.tokenizer.save_pretrained(tmp_path)
    return tmp_path


@pytest.fixture
def served(tiny):
    return serve(tiny, ask("hello", max_new_tokens=6), None)[0]


async def test_every_view_is_plain_json(folder, served):
    explainer = Explainer(str(folder))
    views = [
        await explainer.prompt(served),
        await explainer.tokens(served),
        await explainer.belief(served),
        await explainer.leave_one_out(served),
        await explainer.saliency(served, 2),
        await explainer.attention(served, 2),
        await explainer.lens(served, 2),
        await explainer.support("Cards take five working days.", [ARRIVAL]),
    ]
    for view in views:
        told = view.as_json()
        assert json.loads(json.dumps(told, allow_nan=False)) == told


async def test_views_are_remembered_by_what_they_depend_on(folder, served):
    explainer = Explainer(str(folder), keep=2)
    first = await explainer.tokens(served)
    again = replace(served, request=replace(served.request, id="another"))
    assert await explainer.tokens(again) is first
    sampled = replace(served, request=replace(served.request, source_prior={"card_arrival": -0.1}))
    assert await explainer.tokens(sampled) is not first
    await explainer.lens(served, 1)
    assert await explainer.tokens(served) is not first


async def test_unloading_gives_the_copy_back_and_the_next_view_loads_it_again(folder, served):
    explainer = Explainer(str(folder))
    first = await explainer.tokens(served)
    await explainer.unload()
    assert explainer._subject is None
    assert await explainer.tokens(served) == first


async def test_views_at_once_come_one_after_the_other(folder, served):
    explainer = Explainer(str(folder))
    lenses = await asyncio.gather(*(explainer.lens(served, token) for token in range(4)))
    assert [view.token for view in lenses] == [0, 1, 2, 3]


async def test_what_is_wrong_is_raised_to_who_asked(folder, served):
    with pytest.raises(CheckpointError):
        await Explainer(str(folder / "nothing")).tokens(served)
    with pytest.raises(InvalidRequest):
        await Explainer(str(folder)).lens(served, 99)


def test_a_record_says_what_was_served():
    record = Completion("gpt2", "embedded", "0", 1, 0, 7, 0.0, 1.0, 2.0, sources=("card_arrival",))
    named = replace(record, explanation={"citation": {"article": "-talk", "confidence": 0.9}})
    request = ask("hello")
    found = [Served.of_record(request, "Hi", one, FinishReason.STOP) for one in (record, named)]
    seeded = Served.of_record(request, "Hi", replace(record, seed=9), FinishReason.STOP)
    assert seeded.request.sampling.seed == 9
    assert found == [Served(request, "Hi", slug, FinishReason.STOP, 7) for slug in ("card_arrival", "-talk")]


def test_a_page_that_imports_it_loads_no_model_library():
    code = "import sys, inference.explaining.explainer as e; e.Explainer(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_all_panels_have_a_method():
    assert [name for name in panels.PANELS if not hasattr(Explainer, name)] == []
