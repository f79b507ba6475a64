"""The steps: forward, backward, update, and a saved state every few minutes."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from inference.training import state
from inference.training.encode import Encoder, Epochs, Example, microbatches
from inference.training.options import Progress, TrainingError, TrainingOptions, gettext_noop
from inference.training.state import Position

WARM_UP_STEPS = 100
REPORT_SECONDS = 1.0
PROBE_TOKENS = 6000
_LOW_LR_SHARE = 0.02


def pick_device(name: str) -> torch.device:
    """`auto`: CUDA, then Apple's GPU, then the CPU."""
    if name != "auto":
        return torch.device(name)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def batch_tensors(examples: list[Example], filler: int, offsets: list[int], device: torch.device) -> tuple[Any, ...]:
    """ids, positions and weights, padded on the right: under causal attention the padding is never read."""
    longest = max(len(example.ids) for example in examples)
    ids = torch.tensor([example.ids + [filler] * (longest - len(example.ids)) for example in examples])
    weights = torch.tensor([e.weights + [0.0] * (longest - len(e.weights)) for e in examples])
    positions = torch.tensor(offsets)[:, None] + torch.arange(longest)[None]
    return ids.to(device), positions.to(device), weights.to(device)


def answer_logits(model: Any, ids: Any, positions: Any, weights: Any) -> tuple[Any, Any, Any]:
    """Logits, labels and weights at the positions that count; the others are never projected."""
    hidden = model.base_model(input_ids=ids, position_ids=positions, use_cache=False).last_hidden_state
    counts = weights[:, 1:] > 0
    logits = model.get_output_embeddings()(hidden[:, :-1][counts]).float()
    return logits, ids[:, 1:][counts], weights[:, 1:][counts]


class Loop:
    """One run over all its epochs, from `position` on."""

    def __init__(self, model: Any, encoder: Encoder, epochs: Epochs, options: TrainingOptions, window: int) -> None:
        self.device = pick_device(options.device)
        self.model = model.to(self.device)
        self.encoder = encoder
        self.epochs = epochs
        self.options = options
        self.window = window
        self.filler = model.config.eos_token_id  # not the padding token: transformers would ask for a mask
        self.source_ids: list[int] = []
        self.optimizer = _optimizer(model, options)
        self.position = Position()
        self.probes: list[Example] = []
        self._losses: list[float] = []
        whole = math.ceil(options.epochs)
        sizes = [epochs.steps(epoch) for epoch in range(whole)]
        self.steps = max(1, round(sum(sizes[:-1]) + sizes[-1] * (options.epochs - whole + 1)))

    def run(self, folder: Path, mark: str, report: Callable[[Progress], None]) -> None:
        """Train to the end, saving and reporting on the way."""
        self.model.train()
        began, saved, reported = time.monotonic() - self.position.seconds, time.monotonic(), 0.0
        while not self._finished():
            self._epoch_end()
            for examples in self.epochs.examples(self.position.epoch, self.position.step_in_epoch):
                self._step(examples)
                now = time.monotonic()
                self.position.seconds = now - began
                if now - reported > REPORT_SECONDS:
                    reported = now
                    report(self._progress())
                if now - saved > self.options.save_seconds:
                    state.save(folder, self.model, self.optimizer, self.position, mark)
                    saved = time.monotonic()
                if self._finished():
                    break
        self._measure()
        state.save(folder, self.model, self.optimizer, self.position, mark)
        report(self._progress())

    def _epoch_end(self) -> None:
        """Begin the next epoch when this one's rows are used up."""
        if self.position.step_in_epoch >= self.epochs.steps(self.position.epoch):
            self._measure()
            self.position.epoch += 1
            self.position.step_in_epoch = 0

    def _finished(self) -> bool:
        return self.position.step >= self.steps or self._done_share() >= 1.0

    def _done_share(self) -> float:
        """How much of the run is behind us, by steps or by the clock, whichever is further."""
        by_clock = self.position.seconds / (self.options.max_minutes * 60) if self.options.max_minutes else 0.0
        return max(self.position.step / self.steps, by_clock)

    def _step(self, examples: list[Example]) -> None:
        total = sum(sum(example.weights) for example in examples) or 1.0
        rng = random.Random(f"{self.options.seed}/{self.position.step}")
        with self._autocast():  # around all groups, so that the weights become bf16 once
            loss = sum(self._backward(group, rng, total) for group in microbatches(examples))
        if not math.isfinite(loss):
            raise TrainingError(gettext_noop("The loss is no number any more; try a smaller learning rate."))
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = self._learning_rate()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self._losses.append(loss)
        self.position.step += 1
        self.position.step_in_epoch += 1
        self.position.tokens += sum(len(example.ids) for example in examples)

    def _backward(self, group: list[Example], rng: random.Random, total: float) -> float:
        # A random place in the window for each row, so that every learned position is trained.
        offsets = [rng.randint(0, self.window - len(group[0].ids)) for _ in group]
        tensors = batch_tensors(group, self.filler, offsets, self.device)
        logits, labels, weights = answer_logits(self.model, *tensors)
        loss = self._loss(logits, labels, weights) / total
        loss.backward()
        return loss.item()

    def _loss(self, logits: Any, labels: Any, weights: Any) -> Any:
        """Labels are smoothed where a source is chosen, which can be wrong; words of an answer are certain."""
        first = torch.isin(labels, torch.tensor(self.source_ids, device=labels.device))
        loss = logits.new_zeros(())
        for part, smoothing in ((first, self.options.label_smoothing), (~first, 0.0)):
            if part.any():
                losses = functional.cross_entropy(
                    logits[part], labels[part], reduction="none", label_smoothing=smoothing
                )
                loss = loss + (losses * weights[part]).sum()
        return loss

    def _autocast(self) -> AbstractContextManager[Any]:
        """bf16 where it is faster; on a CPU also the plain attention, which is faster on short rows."""
        stack = ExitStack()
        if self.device.type == "cuda" or (self.device.type == "cpu" and _cpu_has_bf16()):
            stack.enter_context(torch.autocast(self.device.type, torch.bfloat16))
        if self.device.type == "cpu":
            stack.enter_context(sdpa_kernel(SDPBackend.MATH))
        return stack

    def _learning_rate(self) -> float:
        warm = min(1.0, (self.position.step + 1) / min(WARM_UP_STEPS, max(1, self.steps // 10)))
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, self._done_share())))
        return self.options.learning_rate * warm * max(_LOW_LR_SHARE, cosine)

    def _progress(self) -> Progress:
        place, done = self.position, self._done_share()
        recent = self._losses[-50:]
        return Progress(
            phase="training",
            step=place.step,
            steps=self.steps,
            epoch=place.epoch,
            loss=sum(recent) / len(recent) if recent else 0.0,
            tokens_per_s=place.tokens / place.seconds if place.seconds else 0.0,
            seconds_left=place.seconds * (1 - done) / done if done else None,
            accuracy=place.curve[-1].get("accuracy") if place.curve else None,
        )

    def _measure(self) -> None:
        """A point of the curve: mean loss since the last one, and both figures on validation rows."""
        if not self._losses:
            return
        point = {"step": self.position.step, "loss": sum(self._losses) / len(self._losses)}
        self._losses = []
        if self.probes:
            point |= self._probe()
        self.position.curve.append(point)

    @torch.no_grad()
    def _probe(self) -> dict[str, float]:
        """Loss (without smoothing) on validation answers, and the share whose source comes first."""
        self.model.eval()
        loss = weight = right = rows = 0.0
        for group in microbatches(self.probes, PROBE_TOKENS):
            tensors = batch_tensors(group, self.filler, [0] * len(group), self.device)
            with self._autocast():
                logits, labels, weights = answer_logits(self.model, *tensors)
            loss += float((functional.cross_entropy(logits, labels, reduction="none") * weights).sum())
            weight += float(weights.sum())
            first = torch.isin(labels, torch.tensor(self.source_ids, device=labels.device))
            right += int((logits[first].argmax(-1) == labels[first]).sum())
            rows += int(first.sum())
        self.model.train()
        return {"validation_loss": loss / weight} | ({"accuracy": right / rows} if rows else {})


def _cpu_has_bf16() -> bool:
    """Only where the processor computes in bf16 itself: elsewhere it is slower than fp32."""
    return bool(getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)())


def _optimizer(model: Any, options: TrainingOptions) -> torch.optim.Optimizer:
    """AdamW, decaying matrices only (not biases, norms or embeddings)."""
    decayed = [p for name, p in model.named_parameters() if p.ndim > 1 and "wte" not in name and "wpe" not in name]
    ids = {id(parameter) for parameter in decayed}
    rest = [p for p in model.parameters() if id(p) not in ids]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=options.learning_rate, betas=(0.9, 0.98), fused=True)
