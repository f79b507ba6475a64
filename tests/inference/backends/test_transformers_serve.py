"""The backend against a server that is not ours: `transformers serve` with the embedded checkpoint, without a network.

That server speaks a small part of the protocol: it passes over n, log probabilities, schemas and the usage option
without a word, sends no end line, and has no list of models without a cache folder.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inference.backends.cited import CitedBackend
from inference.backends.local import LocalBackend
from inference.backends.openai_compatible import OpenAICompatibleBackend
from inference.errors import UpstreamRefused
from inference.types import ChatMessage, FinishReason, Request, Role, Sampling
from tests.e2e.serving import ROOT, free_port
from tests.inference.backends.conftest import Publish
from tests.inference.knowing import Reply, answer

MODEL = str(ROOT / "inference" / "weights" / "embedded")
QUESTION = Request((ChatMessage(Role.USER, "How do I activate my card?"),), Sampling(max_new_tokens=40))
PATIENCE_S = 120


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address, once it listens: by then the model is loaded."""
    folder, port = tmp_path_factory.mktemp("serve"), free_port()
    program = str(Path(sys.executable).with_name("transformers"))
    options = ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(folder), "OMP_NUM_THREADS": "1"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "serve", MODEL, *options], env=environment, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not _listens(port):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def asked(url: str, request: Request, model: str = MODEL, **options: Any) -> Reply:
    backend = OpenAICompatibleBackend("serve", base_url=url, model=model, **options)
    try:
        return await answer(backend, request)
    finally:
        await backend.aclose()


async def test_it_says_what_our_own_engine_says_with_these_weights(url: str):
    reply = await asked(url, QUESTION)
    local = LocalBackend("checkpoint")
    try:
        ours = await answer(local, QUESTION)
    finally:
        local.close()
    assert reply.text == ours.text
    record, own = reply.record, ours.record
    assert (record.prompt_tokens, reply.chunks[-1].finish_reason) == (own.prompt_tokens, FinishReason.LENGTH)
    assert (record.completion_tokens, record.checkpoint, record.mean_logprob) == (40, MODEL, None)


async def test_a_stop_string_ends_the_answer(url: str):
    request = replace(QUESTION, sampling=Sampling(max_new_tokens=40, stop=("app",)))
    reply = await asked(url, request)
    assert reply.chunks[-1].finish_reason is FinishReason.STOP
    assert reply.text.endswith("app")
    assert reply.text.count("app") == 1


async def test_candidates_that_it_does_not_give_at_once_are_asked_for_one_by_one(url: str):
    request = replace(QUESTION, sampling=Sampling(1.0, max_new_tokens=8, n=3, seed=3, top_logprobs=2))
    reply = await asked(url, request)
    ends = {chunk.index: chunk.finish_reason for chunk in reply.chunks if chunk.finish_reason}
    assert ends == dict.fromkeys(range(3), FinishReason.LENGTH)
    assert [chunk for chunk in reply.chunks if chunk.logprobs] == []


async def test_a_schema_is_no_obstacle(url: str):
    request = replace(QUESTION, sampling=Sampling(max_new_tokens=4), schema={"type": "object"})
    assert (await asked(url, request)).record.completion_tokens == 4


async def test_a_model_that_it_does_not_have_is_refused(url: str):
    with pytest.raises(UpstreamRefused):
        await asked(url, QUESTION, model="another")


async def test_a_stopped_answer_leaves_room_for_the_next(url: str):
    backend = OpenAICompatibleBackend("serve", base_url=url, model=MODEL)
    async with aclosing(backend.stream(replace(QUESTION, sampling=Sampling(max_new_tokens=400)))) as chunks:
        async for chunk in chunks:
            if chunk.text:
                break
    assert (await answer(backend, QUESTION)).record.completion_tokens == 40
    assert await backend.models() is None
    await backend.aclose()


async def test_it_is_asked_with_articles_in_the_prompt(url: str, publish: Publish):
    entry = {
        "BACKEND": "inference.backends.openai_compatible.OpenAICompatibleBackend",
        "OPTIONS": {"base_url": url, "model": MODEL},
    }
    cited = CitedBackend("serve", model=entry)
    request = Request((ChatMessage(Role.USER, "Where is my new card?"),), Sampling(max_new_tokens=8))
    reply = await answer(cited, request)
    assert reply.record.explanation["in_prompt"][0] == "card_arrival"
    # The articles are in what it read: the question alone is a dozen tokens.
    assert reply.record.prompt_tokens > 100
    await cited.model.aclose()
