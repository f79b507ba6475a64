"""Continuous batching, one step at a time: schedule, run, take tokens, collect what is to be told.

Synchronous and for one thread; `thread.py` gives it one. Requests join and leave the batch between
steps, as in Orca (Yu et al. 2022, OSDI, "iteration-level scheduling").
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from inference.engine.detokenizer import Vocabulary
from inference.engine.logprobs import Likeliest, likeliest, token_logprob
from inference.engine.request import Sequence, sequences_of
from inference.engine.runner import Runner
from inference.engine.sampling import choose
from inference.engine.scheduler import Plan, Scheduler
from inference.engine.sources import SourceTokens
from inference.engine.stopping import StopStrings
from inference.errors import DeviceOutOfMemory, NonFiniteLogits, StepFailed
from inference.prompting import Prompter
from inference.types import Chunk, Completion, FinishReason, Request, TokenLogprob, Waiting

SMOOTHING = 0.2  # of the running mean of service times


@dataclass(frozen=True, slots=True)
class Labels:
    """What the generation record says about the model: backend name, checkpoint name and hash."""

    backend: str = "default"
    checkpoint: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many answers run at once, how many wait, and how many prompt tokens one step may run."""

    max_streams: int = 16
    max_queue: int = 64
    prefill_budget: int = 512


@dataclass(frozen=True, slots=True)
class Output:
    """A chunk and the request that it belongs to."""

    request_id: str
    chunk: Chunk


class Engine:
    """Answers requests with a transformers decoder `model` and its fast `tokenizer`.

    `window` is the context window in tokens (prompt and answer together), by default the model's;
    `end_ids` are the tokens that end an answer, by default the checkpoint's; `history_turns` bounds
    the turns before the last one, by default only the window does.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        labels: Labels | None = None,
        limits: Limits | None = None,
        window: int = 0,
        end_ids: frozenset[int] | None = None,
        history_turns: int | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.window = window or model.config.max_position_embeddings
        self._labels = labels or Labels()
        self._prompter = Prompter(tokenizer, self.window, history_turns)
        ends = _end_ids(model, tokenizer) if end_ids is None else end_ids
        self._vocabulary = Vocabulary(tokenizer, ends)
        self._scheduler = Scheduler(self.limits.max_streams, self.limits.max_queue, self.limits.prefill_budget)
        self._runner = Runner(model, self.limits.max_streams, self.window)
        self._sources = SourceTokens(self._vocabulary.sources, self._runner.device)
        self._texts: dict[Sequence, _Text] = {}
        self._mean_service_s = 2.0

    @property
    def idle(self) -> bool:
        """Whether a step would do nothing."""
        return self._scheduler.idle

    @property
    def sources(self) -> frozenset[str] | None:
        """The articles that the model has a token for; None when it names no sources."""
        return frozenset(self._vocabulary.sources.values()) or None

    @property
    def running(self) -> int:
        return len(self._scheduler.running)

    @property
    def queued(self) -> int:
        return len(self._scheduler.waiting)

    def submit(self, request: Request, accepted_at: float | None = None) -> None:
        """Queue a request. Raises InvalidRequest, MessageTooLong or Overloaded."""
        prompt = self._prompter.of_request(request)
        accepted = time.monotonic() if accepted_at is None else accepted_at
        sequences = sequences_of(request, prompt.token_ids, prompt.truncated_tokens, accepted)
        self._scheduler.add(sequences)
        stops = self._prompter.stops(request)
        for sequence in sequences:
            sequence.names_source = bool(self._sources.slugs) and not request.prefix and not request.prompt
            self._texts[sequence] = _Text(self._vocabulary, stops)

    def cancel(self, request_id: str) -> None:
        """End a request's candidates; the next step tells so and gives their rows away."""
        for sequence in self._texts:
            if sequence.request.id == request_id and sequence.finish is None:
                sequence.finish = FinishReason.CANCELLED

    def step(self) -> list[Output]:
        """One forward pass for whoever is next; what became of it, at most one chunk of text per sequence."""
        outputs = self._collect_finished()
        plan = self._scheduler.plan()
        if plan.sequences:
            began = time.thread_time()
            error = self._run(plan)
            if error is not None:
                self._recover(plan, error)
            for sequence in plan.sequences:
                sequence.cpu_s += (time.thread_time() - began) / len(plan.sequences)
            outputs += self._collect(plan.sequences)
        return outputs + self._announce()

    def warm_up(self) -> None:
        """Run one prefill and one decode, so that the first visitor does not pay for first-time set-up."""
        self._runner.prefill(0, [0, 0], 0)
        self._runner.decode([0], [2])

    def fail_all(self, error: Exception) -> list[Output]:
        """End everything with `error`."""
        for sequence in self._texts:
            sequence.fail(error)
        return self._collect_finished()

    # --- one pass ------------------------------------------------------------------------------------------
    def _run(self, plan: Plan) -> Exception | None:
        """Run the plan and take its tokens. The error is returned, not kept: it holds the pass's tensors."""
        try:
            if plan.decodes:
                self._decode(plan.decodes)
            else:
                self._prefill(plan)
        except torch.OutOfMemoryError:
            return DeviceOutOfMemory("The device ran out of memory in this step.")
        except Exception as error:  # whatever a model raises ends its own requests only
            return StepFailed(f"{type(error).__name__} in a step of the engine.")
        return None

    def _prefill(self, plan: Plan) -> None:
        ready, logits = [], []
        for part in plan.prefills:
            sequence = part.sequence
            sequence.admitted_at = sequence.admitted_at or time.monotonic()
            row = self._runner.prefill(sequence.row, sequence.prompt[part.start : part.end], part.start)
            sequence.cached = part.end
            if part.end == len(sequence.prompt):
                ready.append(sequence)
                logits.append(row)
        if ready:
            self._take(torch.cat(logits), ready)

    def _decode(self, sequences: list[Sequence]) -> None:
        tokens = [sequence.tokens[-1] if sequence.tokens else 0 for sequence in sequences]
        logits = self._runner.decode(tokens, [sequence.cached for sequence in sequences])
        ready = [sequence for sequence in sequences if not sequence.prefilling]
        for sequence in ready:
            sequence.cached += 1
        if len(ready) < len(sequences):
            logits = logits[[i for i, sequence in enumerate(sequences) if not sequence.prefilling]]
        self._take(logits, ready)

    def _take(self, logits: Tensor, sequences: list[Sequence]) -> None:
        """Give each sequence its token; finish those that are at their end."""
        logits = self._with_evidence(logits, sequences)
        tops = likeliest(logits, sequences)
        for i, (sequence, token, logprob, finite) in enumerate(zip(sequences, *choose(logits, sequences), strict=True)):
            if not finite:
                sequence.fail(NonFiniteLogits("The model gave logits that are not finite for this request."))
                continue
            if sequence.at_source:
                sequence.citation = self._sources.cite(logits[i], token)
            sequence.append(token, logprob)
            self._texts[sequence].push(token)
            if sequence.sampling.top_logprobs is not None:
                self._texts[sequence].tell(token, logprob, tops.get(i, ()))
            sequence.finish = self._finish_of(sequence, token)

    def _with_evidence(self, logits: Tensor, sequences: list[Sequence]) -> Tensor:
        """The logits (B, vocabulary), where a source is named next with what retrieval says about it."""
        if not any(sequence.at_source and sequence.request.source_prior for sequence in sequences):
            return logits
        priors = [sequence.request.source_prior if sequence.at_source else {} for sequence in sequences]
        return torch.stack([self._sources.mix(row, prior) for row, prior in zip(logits, priors, strict=True)])

    def _finish_of(self, sequence: Sequence, token: int) -> FinishReason | None:
        if token in self._vocabulary.end_ids or self._texts[sequence].stopped:
            return FinishReason.STOP
        if len(sequence.tokens) >= sequence.sampling.max_new_tokens or sequence.length >= self.window:
            return FinishReason.LENGTH
        return None

    def _recover(self, plan: Plan, error: Exception) -> None:
        """Fail the requests of a pass that raised; the others never notice."""
        for sequence in plan.sequences:
            sequence.fail(error)
        if self._runner.device.type == "cuda":
            torch.cuda.empty_cache()

    # --- what is told --------------------------------------------------------------------------------------
    def _collect_finished(self) -> list[Output]:
        return self._collect([sequence for sequence in self._texts if sequence.finish is not None])

    def _collect(self, sequences: list[Sequence]) -> list[Output]:
        outputs = []
        for sequence in sequences:
            if sequence.citation is not None and not sequence.cited:
                sequence.cited = True
                outputs.append(Output(sequence.request.id, Chunk(index=sequence.index, citation=sequence.citation)))
            text = self._texts[sequence].take(final=sequence.finish is not None)
            if sequence.finish is not None:
                outputs.append(Output(sequence.request.id, self._close(sequence, text)))
            elif text:
                outputs.append(Output(sequence.request.id, self._chunk(sequence, text)))
        return outputs

    def _chunk(self, sequence: Sequence, text: str) -> Chunk:
        """The text with what belongs to the tokens since the last chunk."""
        count, sequence.told = len(sequence.tokens) - sequence.told, len(sequence.tokens)
        return Chunk(text, sequence.index, count, self._texts[sequence].take_logprobs())

    def _close(self, sequence: Sequence, text: str) -> Chunk:
        """Give the row away and write the record."""
        chunk = self._chunk(sequence, text)
        del self._texts[sequence]
        move = self._scheduler.remove(sequence)
        if move is not None:
            self._runner.move(move.source, move.target, move.length)
        now = time.monotonic()
        if sequence.admitted_at is not None:
            self._mean_service_s += SMOOTHING * (now - sequence.admitted_at - self._mean_service_s)
        record = self._completion(sequence, now)
        return replace(chunk, finish_reason=sequence.finish, completion=record, error=sequence.error)

    def _completion(self, sequence: Sequence, now: float) -> Completion:
        def since_accepted(moment: float | None) -> float | None:
            return None if moment is None else 1000 * (moment - sequence.accepted_at)

        count = len(sequence.tokens)
        cited = [self._vocabulary.sources[token] for token in sequence.tokens if token in self._vocabulary.sources]
        return Completion(
            backend=self._labels.backend,
            checkpoint=self._labels.checkpoint,
            checkpoint_sha256=self._labels.sha256,
            prompt_tokens=len(sequence.prompt),
            truncated_tokens=sequence.truncated_tokens,
            completion_tokens=count,
            queue_ms=since_accepted(sequence.admitted_at or now) or 0.0,
            first_token_ms=since_accepted(sequence.first_token_at),
            total_ms=since_accepted(now) or 0.0,
            mean_logprob=sequence.logprob_sum / count if count else None,
            min_logprob=sequence.logprob_min if count else None,
            seed=sequence.seed,
            sources=tuple(dict.fromkeys(slug for slug in cited if not slug.startswith("-"))),
            cpu_ms=1000 * sequence.cpu_s,
        )

    def _announce(self) -> list[Output]:
        """Tell those who wait where they stand, when that changed."""
        outputs = []
        for position, sequence in enumerate(self._scheduler.waiting, start=1):
            if sequence.index == 0 and sequence.announced != position:
                sequence.announced = position
                wait = Waiting("queued", position, position * self._mean_service_s / self.limits.max_streams)
                outputs.append(Output(sequence.request.id, Chunk(waiting=wait)))
        return outputs


class _Text:
    """One sequence's text on its way out."""

    def __init__(self, vocabulary: Vocabulary, stops: tuple[str, ...]) -> None:
        self._vocabulary = vocabulary
        self._decoder = vocabulary.decoder()
        self._stops = StopStrings(stops)
        self._ready = ""
        self._logprobs: list[TokenLogprob] = []

    @property
    def stopped(self) -> bool:
        return self._stops.found

    def push(self, token: int) -> None:
        if not self.stopped:
            self._ready += self._stops.push(self._decoder.push(token))

    def tell(self, token: int, logprob: float, top: Likeliest) -> None:
        """Keep a token's log probabilities for whoever asked; a control token is no part of the text."""
        if not self._vocabulary.is_control(token):
            self._logprobs.append(token_logprob(self._vocabulary, token, logprob, top))

    def take_logprobs(self) -> tuple[TokenLogprob, ...]:
        """Those since the last call."""
        taken, self._logprobs = tuple(self._logprobs), []
        return taken

    def take(self, final: bool) -> str:
        """The text since the last call; with `final`, also what was held back as a possible stop string."""
        text, self._ready = self._ready + (self._stops.flush() if final else ""), ""
        return text


def _end_ids(model: Any, tokenizer: Any) -> frozenset[int]:
    """The ids that end an answer: the generation config's, else the tokenizer's."""
    end = model.generation_config.eos_token_id
    if end is None:
        end = tokenizer.eos_token_id
    return frozenset(end if isinstance(end, list) else {end} - {None})
