"""Ask every question of every engine, one engine after the other, several questions at a time."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import inference
from inference import knowledge
from inference.errors import BackendUnavailable, GenerationError, InferenceError, Overloaded
from inference.evaluating.answers import Answer, answer, failed
from inference.evaluating.questions import Question
from inference.knowledge import KnowledgeBase
from inference.types import ChatMessage, FinishReason, Request, Role, Sampling

STREAMS = 8
TRIES = 20  # of a question when the queue is full, which takes other users of the same engine

News = Callable[[str, int], None]  # the engine, and how many questions it has answered


@dataclass(frozen=True, slots=True)
class Options:
    """How to ask: as the chat does, `streams` questions at a time."""

    sampling: Sampling = field(default_factory=Sampling)
    instructions: str = ""
    streams: int = STREAMS


@dataclass(slots=True)
class EngineRun:
    """One engine's answers by the question's place, and what they took: processor and wall-clock seconds."""

    name: str
    answers: dict[int, Answer] = field(default_factory=dict)
    cpu_s: float = 0.0
    wall_s: float = 0.0


@dataclass(slots=True)
class Run:
    """All there is to report. `stopped`: someone ended it early, and the answers are those there were."""

    questions: Sequence[Question]
    knowledge: KnowledgeBase
    streams: int = STREAMS
    engines: list[EngineRun] = field(default_factory=list)
    stopped: bool = False


async def run(questions: Sequence[Question], engines: Sequence[str], options: Options, news: News) -> Run:
    """Ask them all. Cancelled, it gives what is there so far. Raises BackendUnavailable."""
    found = Run(questions, await knowledge.current(), options.streams)
    try:
        for name in engines:
            # What an engine makes at its first question (an index, compiled rules) is no part of the answers' cost.
            await _ask(name, questions[0], options, found.knowledge)
            engine = EngineRun(name)
            found.engines.append(engine)
            with _stopwatch(engine):
                await _ask_all(engine, found, options, news)
    except asyncio.CancelledError:
        found.stopped = True
    found.engines = [engine for engine in found.engines if engine.answers]
    return found


@contextlib.contextmanager
def _stopwatch(engine: EngineRun) -> Iterator[None]:
    cpu, wall = time.process_time(), time.perf_counter()
    try:
        yield
    finally:
        engine.cpu_s, engine.wall_s = time.process_time() - cpu, time.perf_counter() - wall


async def _ask_all(engine: EngineRun, found: Run, options: Options, news: News) -> None:
    left = iter(enumerate(found.questions))

    async def worker() -> None:
        for place, question in left:
            engine.answers[place] = await _ask(engine.name, question, options, found.knowledge)
            news(engine.name, len(engine.answers))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(options.streams):
                group.create_task(worker())
    except* BackendUnavailable as unavailable:
        raise unavailable.exceptions[0] from None


async def _ask(name: str, question: Question, options: Options, known: KnowledgeBase) -> Answer:
    for _ in range(TRIES):
        try:
            return await _answer(question, _request(name, question, options), known)
        except Overloaded as error:
            await asyncio.sleep(error.retry_after_s)
        except BackendUnavailable:
            raise
        except InferenceError as error:
            return failed(error)
    return failed(Overloaded(""))


async def _answer(question: Question, request: Request, known: KnowledgeBase) -> Answer:
    text, last = await _stream(request)
    if last is None or last.error or last.completion is None:
        return failed((last and last.error) or GenerationError("The answer ended without a record."))
    ended = last.finish_reason is FinishReason.STOP
    return answer(question, text, ended, last.completion, known)


async def _stream(request: Request) -> tuple[str, inference.Chunk | None]:
    """The whole text, and the last chunk, which has the record."""
    pieces: list[str] = []
    last = None
    async with contextlib.aclosing(inference.stream(request)) as chunks:  # type: ignore[type-var]
        async for chunk in chunks:
            pieces.append(chunk.text)
            last = chunk if chunk.finish_reason is not None else last
    return "".join(pieces), last


def _request(name: str, question: Question, options: Options) -> Request:
    turns = [ChatMessage(Role.USER, question.text)]
    if options.instructions:
        turns.insert(0, ChatMessage(Role.SYSTEM, options.instructions))
    return Request(tuple(turns), options.sampling, backend=name, language=question.language)
