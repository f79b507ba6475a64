"""A run's state on disk, replaced as a whole, so that a killed run goes on where it last was."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from inference.training.options import TrainingError, TrainingOptions, gettext_noop

FOLDER = "run"
STATE_FILE = "state.pt"


@dataclass(slots=True)
class Position:
    """How far a run is: the next step to do, what it took, and what was measured on the way."""

    epoch: int = 0
    step_in_epoch: int = 0
    step: int = 0
    seconds: float = 0.0
    tokens: int = 0
    curve: list[dict[str, float]] = field(default_factory=list)


def fingerprint(options: TrainingOptions) -> str:
    """Changes when the settings or the files do."""
    digest = hashlib.sha256(json.dumps(options.facts(), sort_keys=True).encode())
    for path in filter(None, (options.data, options.validation)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def prepare_folder(options: TrainingOptions) -> Path:
    """The run's own folder inside `out`; refuses to write over a run that was not asked to go on."""
    folder = options.out / FOLDER
    if options.out.is_dir() and any(options.out.iterdir()) and not options.resume:
        message = gettext_noop("{path} is not empty: add --resume to go on with it, or choose another folder.")
        raise TrainingError(message, path=options.out)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def save(folder: Path, model: Any, optimizer: Any, position: Position, mark: str) -> None:
    """Write all of it to a new file, then put that in the old one's place."""
    state = {
        "mark": mark,
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "rng": torch.get_rng_state(),
        "cuda_rng": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "position": {name: getattr(position, name) for name in Position.__dataclass_fields__},
    }
    new = folder / f"{STATE_FILE}.new"
    with new.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / STATE_FILE)


def load(folder: Path, model: Any, optimizer: Any, mark: str) -> Position:
    """Take up a saved state; a fresh Position when there is none. Raises TrainingError if it is another run's."""
    path = folder / STATE_FILE
    if not path.is_file():
        return Position()
    state = torch.load(path, map_location="cpu", weights_only=True)
    if state["mark"] != mark:
        message = gettext_noop("The run in {path} began with other settings or data; begin again in another folder.")
        raise TrainingError(message, path=folder.parent)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    torch.set_rng_state(state["rng"])
    if state["cuda_rng"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda_rng"])
    return Position(**state["position"])
