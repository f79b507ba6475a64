from __future__ import annotations

import asyncio
import threading

import pytest

from inference.engine.engine import Limits
from inference.engine.thread import MAX_RESTARTS, EngineThread
from inference.errors import BackendUnavailable, CheckpointError, EngineDied, MessageTooLong, Overloaded
from inference.types import BackendState, FinishReason
from tests.inference.conftest import Model, ask, drain, text_of


@pytest.fixture
def make(tiny: Model):
    """Make engine threads that are closed at the end; `load` is replaced by the test where it wants."""
    made = []

    def build(load=None, capacity=8, **options):
        thread = EngineThread(load or (lambda report: tiny.engine(end_ids=frozenset(), **options)), capacity)
        made.append(thread)
        return thread

    yield build
    for thread in made:
        thread.close()


async def chunks_of(delivery):
    """Everything up to the last terminal chunk, then proof that nothing comes after it."""
    chunks, left = [], delivery.request.sampling.n
    while left:
        chunk = await asyncio.wait_for(delivery.queue.get(), 20)
        chunks.append(chunk)
        left -= chunk.finish_reason is not None
    await asyncio.sleep(0.01)
    assert delivery.queue.empty()
    return [chunk for chunk in chunks if chunk.waiting is None]


async def test_answers_equal_those_of_the_engine_alone(make, tiny):
    thread = make()
    thread.start()
    requests = [ask(word, n=2) for word in ("one", "two", "three")]
    deliveries = [thread.submit(request) for request in requests]
    for request, delivery in zip(requests, deliveries, strict=True):
        engine = tiny.engine(end_ids=frozenset())
        engine.submit(request)
        assert text_of(await chunks_of(delivery), 1) == text_of(drain(engine)[request.id], 1)
    assert thread.status().state is BackendState.READY


async def test_requests_wait_while_the_model_loads_and_are_answered_then(make, tiny):
    gate = threading.Event()

    def slow(report):
        report(0.5, "Reading")
        gate.wait(20)
        report(0.9, "Warming up")
        return tiny.engine(end_ids=frozenset())

    thread = make(slow)
    thread.start()
    delivery = thread.submit(ask("hello"))
    while thread.status().progress < 0.5:
        await asyncio.sleep(0.01)
    assert thread.status().state is BackendState.STARTING
    gate.set()
    waiting = await asyncio.wait_for(delivery.queue.get(), 20)
    assert waiting.waiting.state == "starting"
    assert (await chunks_of(delivery))[-1].finish_reason is FinishReason.LENGTH


async def test_cancel_gives_one_terminal_chunk_and_frees_the_place(make):
    thread = make(capacity=1, limits=Limits(1, 1))
    thread.start()
    delivery = thread.submit(ask("hello", max_new_tokens=100))
    with pytest.raises(Overloaded):
        thread.submit(ask("another"))
    thread.cancel(delivery.request.id)
    assert (await chunks_of(delivery))[-1].finish_reason is FinishReason.CANCELLED
    assert (await chunks_of(thread.submit(ask("another"))))[-1].error is None


async def test_a_request_that_cannot_be_is_told_as_its_error(make):
    thread = make()
    thread.start()
    delivery = thread.submit(ask("card " * 500))
    assert type(await asyncio.wait_for(delivery.queue.get(), 20)) is MessageTooLong
    assert (await chunks_of(thread.submit(ask("hello"))))[-1].error is None


async def test_a_dead_thread_tells_everybody_and_a_new_one_works(make, tiny):
    engines = []

    def load(report):
        engines.append(tiny.engine(end_ids=frozenset()))
        if len(engines) == 1:
            engines[0].step = lambda: (_ for _ in ()).throw(SystemExit)
        return engines[-1]

    thread = make(load)
    thread.start()
    deliveries = [thread.submit(ask("one", n=2)), thread.submit(ask("two"))]
    for delivery in deliveries:
        chunks = await chunks_of(delivery)
        assert [type(chunk.error) for chunk in chunks] == [EngineDied] * delivery.request.sampling.n
    assert (await chunks_of(thread.submit(ask("three"))))[-1].finish_reason is FinishReason.LENGTH
    assert len(engines) == 2


async def test_a_thread_that_keeps_dying_ends_in_a_visible_failed_state(make, tiny):
    def load(report):
        engine = tiny.engine()
        engine.step = lambda: (_ for _ in ()).throw(SystemExit)
        return engine

    thread = make(load)
    thread.start()
    for _ in range(MAX_RESTARTS + 1):
        (chunk,) = await chunks_of(thread.submit(ask("hello")))
        assert type(chunk.error) is EngineDied
    assert (thread.status().state, thread.status().error_code) == (BackendState.FAILED, "engine_died")
    with pytest.raises(BackendUnavailable):
        thread.submit(ask("hello"))


@pytest.mark.parametrize(
    ("raised", "sentence"),
    [
        (CheckpointError("The checkpoint is damaged."), "The checkpoint is damaged."),
        (SystemExit("secret"), "The model could not be loaded (SystemExit)."),
    ],
)
async def test_a_failed_load_fails_those_who_wait_and_says_why(make, raised, sentence):
    gate = threading.Event()

    def load(report):
        gate.wait(20)
        raise raised

    thread = make(load)
    thread.start()
    delivery = thread.submit(ask("hello"))
    gate.set()
    (chunk,) = await chunks_of(delivery)
    assert (type(chunk.error), str(chunk.error)) == (BackendUnavailable, sentence)
    assert (thread.status().state, thread.status().detail) == (BackendState.FAILED, sentence)


async def test_close_ends_what_runs(make):
    thread = make()
    thread.start()
    while thread.status().state is not BackendState.READY:
        await asyncio.sleep(0.01)
    delivery = thread.submit(ask("hello", max_new_tokens=100))
    await asyncio.to_thread(thread.close)
    chunks = await chunks_of(delivery)
    assert type(chunks[-1].error) is EngineDied
    with pytest.raises(BackendUnavailable):
        thread.submit(ask("hello"))


def test_a_loop_that_is_gone_does_not_disturb_the_others(make):
    thread = make()
    thread.start()

    async def leave():
        thread.submit(ask("hello", max_new_tokens=100))

    async def stay():
        return await chunks_of(thread.submit(ask("hello", max_new_tokens=10)))

    asyncio.run(leave())
    assert asyncio.run(stay())[-1].finish_reason is FinishReason.LENGTH
