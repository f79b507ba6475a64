"""The one thread that runs the engine, and the way between it and asyncio; two more for what would hold up a loop.

Requests go in through an inbox under a lock; chunks go out with one `call_soon_threadsafe` per
event loop and step. Every accepted request gets exactly one terminal chunk per candidate, whatever
happens to the model, the step or the thread.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from inference.errors import BackendUnavailable, EngineDied, InferenceError, Overloaded
from inference.types import BackendState, Chunk, FinishReason, Request, Status, Waiting

if TYPE_CHECKING:
    from inference.engine.engine import Engine, Output

logger = logging.getLogger(__name__)

MAX_RESTARTS = 3  # in a row, without a step that succeeded
Report = Callable[[float, str], None]
P = ParamSpec("P")
T = TypeVar("T")
# One thread each, so that what a visitor waits for never stands behind what nobody waits for.
_questions = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inference-question")
_background = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inference-background")


async def off_loop(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do something of some milliseconds for a visitor without holding up the event loop."""
    return await asyncio.wrap_future(_questions.submit(work, *args, **kwargs))


async def off_loop_timed(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> tuple[T, float]:
    """The same, with the milliseconds of processor time that it took."""

    def timed() -> tuple[T, float]:
        began = time.thread_time()
        return work(*args, **kwargs), 1000 * (time.thread_time() - began)

    return await off_loop(timed)


def in_background(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
    """Do something that nobody waits for, after what came before it. Keep it short, and go on in another piece:
    the end of the process waits for the piece that runs.
    """
    return _background.submit(work, *args, **kwargs)


@dataclass(eq=False)
class Delivery:
    """Where one request's chunks go: a queue on the loop that asked. `pending` candidates are not at their end."""

    request: Request
    loop: asyncio.AbstractEventLoop
    accepted_at: float
    pending: int
    queue: asyncio.Queue[Chunk | Exception] = field(default_factory=asyncio.Queue)


class EngineThread:
    """Loads an engine with `load(report)` and steps it for as long as there is work.

    `capacity` is how many candidates may be accepted and unfinished at once.
    """

    def __init__(self, load: Callable[[Report], Engine], capacity: int) -> None:
        self._load = load
        self._capacity = capacity
        self._lock = threading.Condition()
        self._inbox: list[Delivery] = []
        self._cancelled: list[str] = []
        self._deliveries: dict[str, Delivery] = {}
        self._thread: threading.Thread | None = None
        self._engine: Engine | None = None
        self._closing = False
        self._deaths = 0
        self._started_at = 0.0
        self._status = Status(BackendState.IDLE)

    # --- called from any thread ----------------------------------------------------------------------------
    def start(self) -> None:
        """Start loading; harmless when it is loaded or loading. A failed start is tried again."""
        with self._lock:
            if self._closing or (self._thread is not None and self._thread.is_alive()):
                return
            self._started_at = time.monotonic()
            self._status = Status(BackendState.STARTING)
            self._thread = threading.Thread(target=self._run, name="inference-engine", daemon=True)
            self._thread.start()

    def status(self) -> Status:
        """State, load progress and load; never blocks for long."""
        status, engine = self._status, self._engine
        if status.state is BackendState.READY and engine is not None:
            return Status(status.state, 1.0, detail=status.detail, running=engine.running, queued=engine.queued)
        return status

    def submit(self, request: Request) -> Delivery:
        """Accept a request for the running event loop. Raises Overloaded or BackendUnavailable at once."""
        delivery = Delivery(request, asyncio.get_running_loop(), time.monotonic(), request.sampling.n)
        with self._lock:
            if self._closing or self._status.state is BackendState.FAILED:
                raise BackendUnavailable(self._status.detail or "The engine is closed.")
            if sum(other.pending for other in self._deliveries.values()) + delivery.pending > self._capacity:
                raise Overloaded("The queue is full.")
            self._deliveries[request.id] = delivery
            self._inbox.append(delivery)
            self._lock.notify()
        return delivery

    def cancel(self, request_id: str) -> None:
        """Ask for the end of a request; its terminal chunk comes within one step."""
        with self._lock:
            self._cancelled.append(request_id)
            self._lock.notify()

    def close(self, timeout_s: float = 10.0) -> None:
        """End the thread; what runs gets its error chunk."""
        with self._lock:
            self._closing = True
            self._lock.notify()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout_s)

    # --- the thread ----------------------------------------------------------------------------------------
    def _run(self) -> None:
        try:
            engine = self._load(self._report)
        except InferenceError as error:
            self._fail_start(error)
            return
        except BaseException as error:
            self._fail_start(BackendUnavailable(f"The model could not be loaded ({type(error).__name__})."))
            return
        self._engine, self._status = engine, Status(BackendState.READY, 1.0)
        try:
            while self._serve(engine):
                pass
        except BaseException as error:  # a thread must never end and leave people waiting
            logger.error("The engine thread ended: %s", type(error).__name__)
            self._die()
        else:
            self._end_all(EngineDied("The engine was closed."))

    def _serve(self, engine: Engine) -> bool:
        """Take what came in and run one step; False when it is time to end."""
        with self._lock:
            while engine.idle and not (self._inbox or self._cancelled or self._closing):
                self._lock.wait()
            if self._closing:
                return False
            inbox, self._inbox = self._inbox, []
            cancelled, self._cancelled = self._cancelled, []
        for delivery in inbox:
            self._admit(engine, delivery)
        for request_id in cancelled:
            engine.cancel(request_id)
        self._deliver(engine.step())
        self._deaths = 0
        return True

    def _admit(self, engine: Engine, delivery: Delivery) -> None:
        try:
            engine.submit(delivery.request, delivery.accepted_at)
        except InferenceError as error:
            self._forget(delivery)
            self._post([(delivery, error)])

    def _deliver(self, outputs: Iterable[Output]) -> None:
        items: list[tuple[Delivery, Chunk | Exception]] = []
        for output in outputs:
            delivery = self._deliveries.get(output.request_id)
            if delivery is None:
                continue
            items.append((delivery, output.chunk))
            if output.chunk.finish_reason is not None:
                delivery.pending -= 1
                if not delivery.pending:
                    self._forget(delivery)
        self._post(items)

    def _post(self, items: list[tuple[Delivery, Chunk | Exception]]) -> None:
        """One call into each event loop; a loop that is closed has nobody left to tell."""
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Delivery, Chunk | Exception]]] = {}
        for delivery, item in items:
            by_loop.setdefault(delivery.loop, []).append((delivery, item))
        for loop, batch in by_loop.items():
            try:
                loop.call_soon_threadsafe(_put_all, batch)
            except RuntimeError:
                self._cancelled += [delivery.request.id for delivery, _ in batch]

    def _forget(self, delivery: Delivery) -> None:
        with self._lock:
            self._deliveries.pop(delivery.request.id, None)

    # --- when things go wrong ------------------------------------------------------------------------------
    def _report(self, progress: float, detail: str) -> None:
        """Progress of loading; tells those who wait already, with the time that is left at this pace."""
        elapsed = time.monotonic() - self._started_at
        eta = elapsed * (1 - progress) / progress if progress > 0 else None
        self._status = Status(BackendState.STARTING, progress, eta, detail)
        with self._lock:
            waiting = list(self._inbox)
        self._post([(delivery, Chunk(waiting=Waiting("starting", 0, eta))) for delivery in waiting])

    def _fail_start(self, error: InferenceError) -> None:
        logger.error("The engine could not start: %s", error)
        self._status = Status(BackendState.FAILED, detail=str(error), error_code=error.code)
        self._end_all(BackendUnavailable(str(error)))

    def _die(self) -> None:
        """Tell everybody, then begin again, unless it keeps dying."""
        self._engine = None
        self._deaths += 1
        again = self._deaths <= MAX_RESTARTS and not self._closing
        error = EngineDied("The engine thread ended.")
        state = BackendState.IDLE if again else BackendState.FAILED
        self._status = Status(state, detail=str(error), error_code=error.code)
        self._end_all(error)
        if again:
            self._thread = None
            self.start()

    def _end_all(self, error: InferenceError) -> None:
        with self._lock:
            deliveries, self._deliveries = list(self._deliveries.values()), {}
            self._inbox, self._cancelled = [], []
        chunk = Chunk(finish_reason=FinishReason.ERROR, error=error)
        self._post([(delivery, chunk) for delivery in deliveries for _ in range(delivery.pending)])


def _put_all(batch: list[tuple[Delivery, Chunk | Exception]]) -> None:
    for delivery, item in batch:
        delivery.queue.put_nowait(item)
