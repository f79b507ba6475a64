"""A name or a path -> files that were checked -> model and tokenizer.

Only safetensors are read and no code of a checkpoint is ever run. A checkpoint that this project
trained carries `checkpoint.json` with the SHA-256 of its weights, and is refused when they differ.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from inference.errors import CheckpointError

EMBEDDED = "embedded"
EMBEDDED_PATH = Path(__file__).parent / "weights" / "embedded"
WEIGHTS_FILE = "model.safetensors"
MANIFEST_FILE = "checkpoint.json"
TOKENIZER_FILES = ("tokenizer.json", "vocab.json", "tokenizer.model")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint on disk: `sha256` is that of its weights file, in hexadecimal.

    From its manifest: `history_turns`, how many earlier turns it was taught to read (None: as many as fit), and
    `taught`, the SHA-256 of each article's answer that it was taught, by slug and language (None: not noted).
    """

    name: str
    path: Path
    sha256: str
    history_turns: int | None = None
    taught: Mapping[str, Mapping[str, str]] | None = None


def resolve(name: str) -> Checkpoint:
    """Find "embedded", a folder, or a hub name such as "openai-community/gpt2".

    Raises CheckpointError, with the remedy, when it is missing, damaged or not safetensors.
    """
    path = EMBEDDED_PATH if name == EMBEDDED else Path(name).expanduser()
    if not path.is_dir():
        path = _from_hub(name)
    weights = path / WEIGHTS_FILE
    if not weights.is_file():
        raise CheckpointError(f"The checkpoint {name} has no {WEIGHTS_FILE}; choose a folder that has one.")
    sha256 = file_sha256(weights, weights.stat().st_mtime_ns)
    manifest = _read_manifest(path)
    if sha256 != manifest.get("sha256", sha256):
        raise CheckpointError(f"The weights of {name} do not match their checksum; fetch or train it again.")
    return Checkpoint(name, path, sha256, manifest.get("history_turns"), manifest.get("taught"))


def load_tokenizer(checkpoint: Checkpoint) -> Any:
    """The checkpoint's fast tokenizer; CheckpointError if it has none that can be read."""
    from transformers import AutoTokenizer

    # Without its files transformers makes an empty tokenizer up instead of saying so.
    if not any((checkpoint.path / name).is_file() for name in TOKENIZER_FILES):
        raise CheckpointError(f"The checkpoint {checkpoint.name} has no tokenizer; it needs one of {TOKENIZER_FILES}.")
    try:
        return AutoTokenizer.from_pretrained(checkpoint.path, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise CheckpointError(f"The tokenizer of {checkpoint.name} cannot be read: {error}") from error


def load_model(checkpoint: Checkpoint, dtype: Any, device: Any) -> Any:
    """The model in evaluation mode, with SDPA attention; CheckpointError if it cannot be read."""
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM

    try:
        model = AutoModelForCausalLM.from_pretrained(
            checkpoint.path,
            dtype=dtype,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            attn_implementation="sdpa",
        )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise CheckpointError(f"The model of {checkpoint.name} cannot be read: {error}") from error
    return model.to(device).eval()


def write_manifest(path: Path, **facts: Any) -> None:
    """Store the hash of the weights, and `facts` about their making, beside them."""
    weights = path / WEIGHTS_FILE
    manifest = {"sha256": file_sha256(weights, weights.stat().st_mtime_ns), **facts}
    (path / MANIFEST_FILE).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


@lru_cache(maxsize=16)
def file_sha256(path: Path, mtime_ns: int) -> str:
    """SHA-256 of a file; `mtime_ns` only keeps the cached value honest."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_manifest(path: Path) -> dict[str, Any]:
    manifest = path / MANIFEST_FILE
    return json.loads(manifest.read_text(encoding="utf-8")) if manifest.is_file() else {}


def _from_hub(name: str) -> Path:
    """The local snapshot of a hub model, downloaded when it is not there yet."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError

    wanted = ["*.json", "*.safetensors", "*.txt", "*.jinja"]
    try:
        return Path(snapshot_download(name, allow_patterns=wanted))
    except (HFValidationError, OSError, ValueError) as error:
        raise CheckpointError(
            f"There is no checkpoint {name}: not a folder here, and it could not be downloaded."
        ) from error
