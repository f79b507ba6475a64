"""What this process counts for /metrics. The other rooms call the functions here; nobody else knows Prometheus.

No label holds anything of a person: engines and errors are names from the settings and the code, and whatever is
not one of those is "other". Gauges are read when somebody asks, from the parts that `watch` names.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

import inference
from inference import BackendState, InferenceError

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OTHER, NOBODY = "other", "none"
MAX_ERRORS = 100  # classes of errors that get a label of their own
LOOP_EVERY_S = 0.5

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

_WAITS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_SHORT = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
_RATES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def _counter(name: str, text: str, *labels: str) -> Counter:
    return Counter(f"duologue_{name}", text, labels, registry=REGISTRY)


def _histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
    return Histogram(f"duologue_{name}", text, labels, buckets=buckets, registry=REGISTRY)


def _gauge(name: str, text: str) -> Gauge:
    return Gauge(f"duologue_{name}", text, registry=REGISTRY)


_requests = _counter("requests", "HTTP requests and WebSocket handshakes that were answered", "kind", "status")
_request_s = _histogram("request_seconds", "From an HTTP request to the end of its response", _WAITS, "kind")
_sockets = _gauge("sockets_open", "WebSockets that are open now")
_replies = _counter("replies", "Answers that came to an end", "engine", "ending")
_errors = _counter("errors", "Failed answers by their code, other faults by their class", "error")
_wait_s = _histogram("reply_wait_seconds", "In the engine's queue", _WAITS, "engine")
_first_s = _histogram("reply_first_token_seconds", "From the question to the first word", _WAITS, "engine")
_total_s = _histogram("reply_seconds", "From the question to the end of its answer", _WAITS, "engine")
_rate = _histogram("reply_tokens_per_second", "Of one answer, after its first word", _RATES, "engine")
_tokens = _counter("tokens", "Tokens read (prompt) and written (completion)", "engine", "kind")
_reaped = _counter("replies_reaped", "Answers of dead processes that this one marked as interrupted")
_commit_s = _histogram("journal_commit_seconds", "Storing the new words of all running answers", _SHORT)
_loop_s = _histogram("event_loop_lag_seconds", "How much later than asked the event loop calls back", _SHORT)
_watched = {
    "replies_running": _gauge("replies_running", "Answers that this process is writing"),
    "journal_lag_seconds": _gauge("journal_lag_seconds", "Age of the oldest word that is not stored yet"),
}


@dataclass(frozen=True, slots=True)
class Measures:
    """What one answer took; None where nobody knows."""

    engine: str = ""
    wait_s: float | None = None
    first_token_s: float | None = None
    total_s: float | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


def page() -> bytes:
    """Everything, in Prometheus's text format."""
    return generate_latest(REGISTRY)


def count_request(kind: str, status: int, seconds: float | None = None) -> None:
    """An answered HTTP request, or a handshake (which takes no time of its own)."""
    _requests.labels(kind, str(status)).inc()
    if seconds is not None:
        _request_s.labels(kind).observe(seconds)


def count_socket(change: int) -> None:
    """One WebSocket more or less."""
    _sockets.inc(change)


def count_reply(ending: str, measures: Measures, error: str = "") -> None:
    """An answer's end, its measures, and its error's code where it failed."""
    engine = _known_engine(measures.engine)
    _replies.labels(engine, ending).inc()
    if error:
        count_error(error)
    for histogram, seconds in (
        (_wait_s, measures.wait_s),
        (_first_s, measures.first_token_s),
        (_total_s, measures.total_s),
    ):
        if seconds is not None:
            histogram.labels(engine).observe(seconds)
    _tokens.labels(engine, "prompt").inc(measures.prompt_tokens or 0)
    _tokens.labels(engine, "completion").inc(measures.completion_tokens or 0)
    _observe_rate(engine, measures)


def count_error(error: BaseException | str) -> None:
    """A failure: an InferenceError or a code of ours by its code, any other exception by its class."""
    if isinstance(error, BaseException):
        error = error.code if isinstance(error, InferenceError) else type(error).__name__
    if error not in _seen_errors and len(_seen_errors) >= MAX_ERRORS:
        error = OTHER
    _seen_errors.add(error)
    _errors.labels(error).inc()


def count_reaped(count: int) -> None:
    """Answers of a dead process that were brought to their end."""
    _reaped.inc(count)


def observe_commit(seconds: float) -> None:
    """A commit of the journal."""
    _commit_s.observe(seconds)


def watch(name: str, read: Callable[[], float]) -> None:
    """Where a gauge is read from: "replies_running" or "journal_lag_seconds"."""
    _watched[name].set_function(read)


def watch_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Measure this loop's lag from now on, as long as it runs; harmless when called again."""
    if loop in _loops:
        return
    _loops.add(loop)

    def tick(due: float) -> None:
        _loop_s.observe(max(0.0, loop.time() - due))
        later(loop.time() + LOOP_EVERY_S)

    def later(due: float) -> None:
        # A bare callback, which a closing loop forgets without a word, as it would not a task.
        loop.call_at(due, tick, due)

    later(loop.time() + LOOP_EVERY_S)


_seen_errors: set[str] = set()
_loops: weakref.WeakSet[asyncio.AbstractEventLoop] = weakref.WeakSet()


class _Engines(Collector):
    """The engines' own figures. Those that pass on another's (a router, a fallback) are left out."""

    def collect(self) -> Iterable[Metric]:
        """Read every engine's status once."""
        texts = {
            "ready": "1 while the engine can answer",
            "running": "Answers in the engine's batch: its batch size, and its slots in use",
            "queued": "Answers that wait for a slot",
            "slots": "Answers that can run at once; 0 where the engine sets no bound",
        }
        families = {
            name: GaugeMetricFamily(f"duologue_engine_{name}", text, labels=["engine"]) for name, text in texts.items()
        }
        for engine, status in _statuses().items():
            ready = status.state is BackendState.READY
            families["ready"].add_metric([engine], float(ready))
            families["running"].add_metric([engine], status.running)
            families["queued"].add_metric([engine], status.queued)
            families["slots"].add_metric([engine], status.slots)
        return families.values()


REGISTRY.register(_Engines())


def _statuses() -> dict[str, inference.Status]:
    """Each engine's status by the name of the backend that it is about."""
    found: dict[str, inference.Status] = {}
    for name in inference.backend_names():
        status = inference.get_backend(name).status()
        found.setdefault(status.engine or name, status)
    return found


def _known_engine(name: str) -> str:
    if not name:
        return NOBODY
    return name if name in inference.backend_names() else OTHER


def _observe_rate(engine: str, measures: Measures) -> None:
    """Tokens a second between the first and the last word; nothing for an answer of a word or two."""
    first, total, tokens = measures.first_token_s, measures.total_s, measures.completion_tokens
    if first is None or total is None or not tokens or tokens < 3 or total <= first:
        return
    _rate.labels(engine).observe((tokens - 1) / (total - first))
