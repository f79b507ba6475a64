"""The engine beside what one would use without it: same model, same prompts, same run.

Times are of whole methods under load; read the ratios between rows of one run, not the rows alone.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import asdict, dataclass
from typing import Any

import torch
from transformers import GenerationConfig, GPT2Config, GPT2LMHeadModel
from transformers.generation.streamers import BaseStreamer

from inference import checkpoints
from inference.engine.engine import Engine, Limits
from inference.engine.prepare import fuse, pack, to_int8
from inference.types import ChatMessage, Completion, Request, Role, Sampling

GPT2_124M = "gpt2-124M (random weights)"
PROMPT_TOKENS = 64
ANSWER_TOKENS = 64
FILLER = "my card has not arrived yet and the transfer to my friend is still pending what shall I do now"
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement: tokens per second over all streams; milliseconds from submission to the first token."""

    model: str
    device: str
    method: str
    streams: int
    tokens_per_s: float
    ttft_ms_p50: float
    ttft_ms_p95: float


@dataclass(frozen=True, slots=True)
class Load:
    """`streams` prompts that start together, each answered greedily with `answer` tokens, end tokens ignored."""

    streams: int
    prompts: list[list[int]]
    messages: list[ChatMessage]
    answer: int


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds to the first token of each stream, tokens in all, seconds in all."""

    first_token_s: list[float]
    tokens: int
    total_s: float


def run(progress: Progress, streams: tuple[int, ...] = (1, 4, 16)) -> list[Row]:
    """All rows; `progress` is told what is being measured."""
    checkpoint = checkpoints.resolve(checkpoints.EMBEDDED)
    tokenizer = checkpoints.load_tokenizer(checkpoint)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    rows: list[Row] = []
    torch.manual_seed(0)
    # Without an end token every method writes as many tokens as it was asked for.
    large: Any = GPT2LMHeadModel(GPT2Config(bos_token_id=None, eos_token_id=None))
    large = large.to(device, _dtype(device)).eval()
    for count in streams:
        for method, measure in _methods(large, tokenizer, device):
            progress(f"{GPT2_124M}, {method}, {count}")
            rows.append(_row(GPT2_124M, device, method, count, measure(_load(tokenizer, count))))
    embedded = pack(fuse(checkpoints.load_model(checkpoint, _dtype(device), device)))
    for count in streams:
        progress(f"embedded, engine, {count}")
        rows.append(_row("embedded", device, "engine", count, by_engine(embedded, tokenizer, _load(tokenizer, count))))
    return rows


def _methods(model: Any, tokenizer: Any, device: torch.device) -> Iterator[tuple[str, Callable[[Load], Timing]]]:
    ready = pack(fuse(deepcopy(model)))
    yield "engine", lambda load: by_engine(ready, tokenizer, load)
    if device.type == "cpu":
        quantized = to_int8(fuse(deepcopy(model)))
        yield "engine_int8", lambda load: by_engine(quantized, tokenizer, load)
    yield "generate_threads", lambda load: by_generate_threads(model, load)
    yield "transformers_continuous_batching", lambda load: by_continuous_batching(model, load)


def by_engine(model: Any, tokenizer: Any, load: Load) -> Timing:
    """The engine of this project, `load.streams` rows."""
    engine = Engine(model, tokenizer, limits=Limits(load.streams, load.streams, 4096), end_ids=frozenset())
    engine.warm_up()
    sampling = Sampling(max_new_tokens=load.answer)
    begin = time.perf_counter()
    for message in load.messages:
        engine.submit(Request((message,), sampling))
    done: list[Completion] = []
    while not engine.idle:
        done += [output.chunk.completion for output in engine.step() if output.chunk.completion is not None]
    first = [completion.first_token_ms / 1000 for completion in done if completion.first_token_ms is not None]
    return Timing(first, sum(completion.completion_tokens for completion in done), time.perf_counter() - begin)


def by_generate_threads(model: Any, load: Load) -> Timing:
    """What a web application does at first: a thread per request that calls `generate` with a streamer."""
    clocks = [_FirstToken() for _ in load.prompts]
    threads = [
        # The benchmark's own load, not the engine's: each stands for a visitor's request.
        threading.Thread(target=_generate, args=(model, prompt, load.answer, clock))
        for prompt, clock in zip(load.prompts, clocks, strict=True)
    ]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = time.perf_counter() - begin
    return Timing([clock.at - begin for clock in clocks], load.streams * load.answer, total)


def by_continuous_batching(model: Any, load: Load) -> Timing:
    """transformers' own continuous batching, streaming, with its defaults."""
    config = _generation(load.answer)
    with model.continuous_batching_context_manager(generation_config=config) as manager:
        begin = time.perf_counter()
        first: dict[str, float] = {}
        manager.add_requests(load.prompts, max_new_tokens=load.answer, streaming=True)
        left, tokens = load.streams, 0
        while left:
            result = manager.get_result(timeout=60)
            if result is None:
                break
            first.setdefault(result.request_id, time.perf_counter() - begin)
            if result.is_finished():
                left, tokens = left - 1, tokens + len(result.generated_tokens)
        total = time.perf_counter() - begin
    return Timing(list(first.values()), tokens, total)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of `n` questions, the shares whose greedy answers are the same with int8 weights as with fp32."""

    n: int
    same_text: float
    same_sources: float


def int8_agreement(model: Any, tokenizer: Any, questions: list[str]) -> Agreement:
    """Ask an fp32 model and a copy of it with int8 weights the same questions."""
    exact = _greedy(model, tokenizer, questions)
    near = _greedy(to_int8(deepcopy(model)), tokenizer, questions)
    pairs = list(zip(exact, near, strict=True))
    return Agreement(
        len(pairs),
        round(sum(one == other for one, other in pairs) / len(pairs), 4),
        round(sum(one[1] == other[1] for one, other in pairs) / len(pairs), 4),
    )


def _greedy(model: Any, tokenizer: Any, questions: list[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Text and sources of each answer, in the questions' order."""
    engine = Engine(model, tokenizer, limits=Limits(16, len(questions)))
    requests = [Request((ChatMessage(Role.USER, question),), Sampling(max_new_tokens=160)) for question in questions]
    for request in requests:
        engine.submit(request)
    texts = {request.id: "" for request in requests}
    sources: dict[str, tuple[str, ...]] = {}
    while not engine.idle:
        for output in engine.step():
            texts[output.request_id] += output.chunk.text
            if output.chunk.completion is not None:
                sources[output.request_id] = output.chunk.completion.sources
    return [(texts[request.id], sources[request.id]) for request in requests]


class _FirstToken(BaseStreamer):
    """Notes when the first generated token came; generate() puts the prompt first."""

    def __init__(self) -> None:
        self._puts = 0
        self.at = 0.0

    def put(self, value: Any) -> None:
        self._puts += 1
        if self._puts == 2:
            self.at = time.perf_counter()

    def end(self) -> None:
        """Nothing to flush."""


@torch.inference_mode()
def _generate(model: Any, prompt: list[int], answer: int, clock: _FirstToken) -> None:
    ids = torch.tensor([prompt], device=model.device)
    model.generate(ids, attention_mask=torch.ones_like(ids), generation_config=_generation(answer), streamer=clock)


def _generation(answer: int) -> GenerationConfig:
    return GenerationConfig(
        max_new_tokens=answer, min_new_tokens=answer, do_sample=False, pad_token_id=0, use_cache=True
    )


def _load(tokenizer: Any, streams: int, prompt: int = PROMPT_TOKENS, answer: int = ANSWER_TOKENS) -> Load:
    """Prompts that differ from each other, of `prompt` tokens or a little less."""
    from inference.prompting import Prompter

    prompter = Prompter(tokenizer, window=1024)
    words = FILLER.split()
    messages, prompts = [], []
    for stream in range(streams):
        text = " ".join(words[(stream * 7 + i) % len(words)] for i in range(prompt))
        ids = prompter.encode_text(text)[: prompt - 3]
        messages.append(ChatMessage(Role.USER, tokenizer.decode(ids)))
        prompts.append(prompter.build((messages[-1],), answer).token_ids)
    return Load(streams, prompts, messages, answer)


def _row(model: str, device: torch.device, method: str, streams: int, timing: Timing) -> Row:
    milliseconds = sorted(1000 * seconds for seconds in timing.first_token_s)
    p95 = milliseconds[min(len(milliseconds) - 1, int(0.95 * len(milliseconds)))]
    rate = timing.tokens / timing.total_s
    return Row(
        model,
        str(device),
        method,
        streams,
        round(rate, 1),
        round(statistics.median(milliseconds), 1),
        round(p95, 1),
    )


def as_json(rows: list[Row]) -> dict[str, Any]:
    """The rows as `benchmark --json` writes them."""
    return {"rows": [asdict(row) for row in rows]}


def _dtype(device: torch.device) -> torch.dtype:
    return torch.bfloat16 if device.type == "cuda" else torch.float32
