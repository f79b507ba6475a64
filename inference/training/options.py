"""What a training run is told, and what it tells while it runs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from inference.errors import InferenceError


class TrainingError(InferenceError):
    """The run cannot start or go on. `template` and `params` are the message, for translation."""

    code = "training_error"

    def __init__(self, template: str, **params: Any) -> None:
        super().__init__(template.format(**params))
        self.template = template
        self.params = params


def gettext_noop(text: str) -> str:
    """Mark a message for the translators; whoever shows it to a person translates it."""
    return text


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """Settings of a run. `base` is empty to begin from random weights.

    `max_minutes` bends the learning rate's schedule so that it ends in time, whatever the machine does.
    """

    data: Path
    out: Path
    validation: Path | None = None
    base: str = ""
    layers: int = 4
    width: int = 256
    heads: int = 4
    vocabulary: int = 6000
    positions: int = 1024
    epochs: float = 10
    learning_rate: float = 1e-3
    batch: int = 64
    dropout: float = 0.1
    label_smoothing: float = 0.1
    text_weight: float = 0.1
    augment: float = 0.6
    seed: int = 0
    device: str = "auto"
    max_minutes: float = 0.0
    save_seconds: float = 120.0
    resume: bool = False

    def __post_init__(self) -> None:
        if self.width % self.heads:
            message = gettext_noop("The width ({width}) must be a multiple of the number of heads ({heads}).")
            raise TrainingError(message, width=self.width, heads=self.heads)
        if min(self.layers, self.batch, self.epochs, self.learning_rate, self.positions) <= 0:
            raise TrainingError(gettext_noop("Layers, batch, epochs, learning rate and positions must be above 0."))

    def facts(self) -> dict[str, Any]:
        """The settings that shape the weights, for records and for telling whether a run may be resumed."""
        where = {"data", "out", "validation", "device", "save_seconds", "resume"}
        return {key: value for key, value in asdict(self).items() if key not in where}


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands. `accuracy` is the share of validation rows whose article is chosen right."""

    phase: str  # "tokenizer", "training", "topics" (steps in hundredths) or "evaluation"
    step: int = 0
    steps: int = 0
    epoch: int = 0
    loss: float = 0.0
    tokens_per_s: float = 0.0
    seconds_left: float | None = None
    accuracy: float | None = None
