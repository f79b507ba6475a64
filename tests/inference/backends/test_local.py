from __future__ import annotations

from dataclasses import replace

import pytest

from inference.backends.local import LocalBackend
from inference.errors import BackendUnavailable, InvalidRequest, MessageTooLong
from inference.types import BackendState, FinishReason
from tests.inference.conftest import ask, text_of


@pytest.fixture
def folder(tiny, tmp_path):
    """A checkpoint folder with the tiny model."""
    tiny.model.save_pretrained(tmp_path)
    tiny.tokenizer.save_pretrained(tmp_path)
    return tmp_path


@pytest.fixture
def backend(folder):
    made = LocalBackend(checkpoint=str(folder), device="cpu", max_streams=2, max_queue=2)
    yield made
    made.close()


async def collect(backend, request):
    return [chunk async for chunk in backend.stream(request) if chunk.waiting is None]


async def test_the_first_request_loads_the_model_and_is_answered(backend):
    assert backend.status().state is BackendState.IDLE
    waits = [chunk.waiting.state async for chunk in backend.stream(ask("hello")) if chunk.waiting]
    assert waits[0] == "starting"
    assert backend.status().state is BackendState.READY


async def test_an_answer_carries_its_record(backend, folder):
    chunks = await collect(backend, ask("hello", max_new_tokens=4, n=2))
    records = [chunk.completion for chunk in chunks if chunk.finish_reason]
    assert [(r.backend, r.checkpoint, len(r.checkpoint_sha256)) for r in records] == [("default", str(folder), 64)] * 2
    assert text_of(chunks, 0) == text_of(chunks, 1)


async def test_closing_the_stream_cancels(backend):
    stream = backend.stream(ask("hello", max_new_tokens=100))
    async for chunk in stream:
        if chunk.text:
            break
    await stream.aclose()
    chunks = await collect(backend, ask("again", max_new_tokens=4))
    assert chunks[-1].finish_reason in (FinishReason.LENGTH, FinishReason.STOP)
    assert backend.status().running == 0


async def test_a_message_that_does_not_fit_raises_before_any_text(backend):
    with pytest.raises(MessageTooLong):
        await collect(backend, ask("card " * 500))


async def test_a_missing_checkpoint_fails_with_one_sentence_until_it_is_there(tiny, tmp_path):
    backend = LocalBackend(checkpoint=str(tmp_path), device="cpu")
    sentence = f"The checkpoint {tmp_path} has no model.safetensors; choose a folder that has one."
    (chunk,) = await collect(backend, ask("hello"))
    assert (type(chunk.error), str(chunk.error)) == (BackendUnavailable, sentence)
    assert backend.status().state is BackendState.FAILED
    tiny.model.save_pretrained(tmp_path)
    tiny.tokenizer.save_pretrained(tmp_path)
    chunks = await collect(backend, ask("hello", max_new_tokens=4))
    assert chunks[-1].error is None
    backend.close()


async def test_int8_answers_too(folder):
    backend = LocalBackend(checkpoint=str(folder), device="cpu", precision="int8")
    chunks = await collect(backend, ask("hello", max_new_tokens=4))
    assert chunks[-1].error is None
    assert backend.describe()["precision"] == "int8"
    backend.close()


@pytest.mark.parametrize("options", [{"device": "tpu"}, {"precision": "fp8"}])
def test_unknown_options_are_refused(options):
    with pytest.raises(InvalidRequest):
        LocalBackend(**options)


async def test_a_text_is_continued_as_it_is(backend, tiny):
    request = replace(ask("my card", max_new_tokens=4, n=2, seed=1), prompt="my card has")
    chunks = await collect(backend, request)
    counted = [chunk.completion.prompt_tokens for chunk in chunks if chunk.finish_reason]
    assert counted == [len(tiny.tokenizer("my card has", add_special_tokens=False).input_ids)] * 2
    assert [chunk.citation for chunk in chunks if chunk.citation] == []
    with pytest.raises(MessageTooLong):
        await collect(backend, replace(request, prompt="card " * 500))


async def test_tokens_are_counted_as_the_engine_counts_them(backend):
    request = ask("my card has not arrived yet", max_new_tokens=4)
    assert await backend.prompt_tokens(request) == 0  # no tokenizer is loaded
    record = (await collect(backend, request))[-1].completion
    assert await backend.prompt_tokens(request) == record.prompt_tokens > 0
    assert await backend.prompt_tokens(ask("card " * 500)) == 0
