"""The backend that runs a checkpoint here, in this process, on the engine."""

from __future__ import annotations

import platform
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import cached_property
from typing import Any

from inference.engine.thread import EngineThread, Report, off_loop
from inference.errors import CheckpointError, InvalidRequest
from inference.knowledge import Teaching
from inference.prompting import Prompter
from inference.topics import Topics
from inference.types import BackendState, Chunk, Request, Status, Waiting

DEVICES = ("auto", "cuda", "mps", "cpu")
PRECISIONS = ("auto", "fp32", "bf16", "int8")
# Below this many parameters waiting for a second thread costs more than it computes, and the pages need a core too.
ONE_THREAD_BELOW = 20_000_000


class LocalBackend:
    """A checkpoint on the slot engine. Nothing is imported or loaded before `start`.

    `device`: auto takes CUDA, then MPS, then the CPU. `precision`: auto is bf16 on CUDA and fp32
    elsewhere; int8 is for the CPU. Raises InvalidRequest for any other value.
    """

    continues_text = True

    def __init__(
        self,
        name: str = "default",
        checkpoint: str = "embedded",
        device: str = "auto",
        precision: str = "auto",
        max_streams: int = 16,
        max_queue: int = 64,
    ) -> None:
        if device not in DEVICES or precision not in PRECISIONS:
            raise InvalidRequest(f"device must be one of {DEVICES}, precision one of {PRECISIONS}.")
        self.name = name
        self._checkpoint = checkpoint
        self._device, self._precision = device, precision
        self._max_streams, self._max_queue = max_streams, max_queue
        self._facts: dict[str, Any] = {}
        self.teaching = Teaching()  # what the checkpoint was taught, once it is loaded
        self._thread = EngineThread(self._load, max_streams + max_queue)

    @cached_property
    def topics(self) -> Topics | None:
        """What retrieval learned with the checkpoint; small, so that questions asked while it loads have it too."""
        from inference import checkpoints, topics

        try:
            return topics.load(checkpoints.resolve(self._checkpoint).path)
        except CheckpointError:  # said by the engine's thread, which finds the same
            return None

    def start(self) -> None:
        """Begin to load in the engine's thread."""
        self._thread.start()

    def status(self) -> Status:
        """The engine's state."""
        return replace(self._thread.status(), slots=self._max_streams, engine=self.name)

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        """See Backend.stream."""
        self._thread.start()
        delivery = self._thread.submit(request)
        left = request.sampling.n
        try:
            status = self.status()
            if status.state is BackendState.STARTING:
                yield Chunk(waiting=Waiting("starting", 0, status.eta_s))
            while left:
                item = await delivery.queue.get()
                if isinstance(item, Exception):
                    left = 0
                    raise item
                left -= item.finish_reason is not None
                yield item
        finally:
            if left:
                self._thread.cancel(request.id)

    async def prompt_tokens(self, request: Request) -> int:
        """How many tokens the model reads for this request; 0 while it is not loaded, or when they are too many."""
        return await off_loop(self._count, request) if self._facts else 0

    def describe(self) -> dict[str, Any]:
        """Device, precision, checkpoint and versions; checkpoint and device are known once it is loaded."""
        return {"backend": "local", "requested_checkpoint": self._checkpoint, **self._facts}

    def close(self) -> None:
        """End the engine's thread."""
        self._thread.close()

    def _count(self, request: Request) -> int:
        try:
            return len(self._counter.of_request(request).token_ids)
        except InvalidRequest:
            return 0

    @cached_property
    def _counter(self) -> Prompter:
        """With a tokenizer of its own: one that the engine's thread works with cannot be used from another."""
        from inference import checkpoints

        checkpoint = checkpoints.resolve(self._checkpoint)
        tokenizer = checkpoints.load_tokenizer(checkpoint)
        return Prompter(tokenizer, self._facts["window"], checkpoint.history_turns)

    def _load(self, report: Report) -> Any:
        """Runs in the engine's thread: torch and transformers are imported here, not with the site."""
        report(0.02, "Loading PyTorch")
        import torch

        report(0.25, "Loading transformers")
        import transformers

        transformers.utils.logging.disable_progress_bar()  # `report` tells the progress, in one place

        from inference import checkpoints
        from inference.engine.engine import Engine, Labels, Limits

        report(0.55, "Checking the checkpoint")
        checkpoint = checkpoints.resolve(self._checkpoint)
        device = _device(torch, self._device)
        precision = _precision(self._precision, device)
        report(0.65, "Reading the weights")
        model = self._read_model(checkpoint, device, precision)
        parameters = sum(p.numel() for p in model.parameters())
        if device.type == "cpu" and parameters < ONE_THREAD_BELOW:
            torch.set_num_threads(1)
        tokenizer = checkpoints.load_tokenizer(checkpoint)
        report(0.9, "Warming up")
        labels = Labels(self.name, checkpoint.name, checkpoint.sha256)
        limits = Limits(self._max_streams, self._max_queue)
        engine = Engine(model, tokenizer, labels, limits, history_turns=checkpoint.history_turns)
        engine.warm_up()
        self.teaching = Teaching(engine.sources, checkpoint.taught)
        self._facts = {
            "device": str(device),
            "precision": precision,
            "checkpoint": checkpoint.name,
            "checkpoint_path": str(checkpoint.path),
            "checkpoint_sha256": checkpoint.sha256,
            "parameters": parameters,
            "window": engine.window,
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "python": platform.python_version(),
        }
        return engine

    @staticmethod
    def _read_model(checkpoint: Any, device: Any, precision: str) -> Any:
        import torch

        from inference import checkpoints
        from inference.engine import prepare

        dtype = torch.bfloat16 if precision == "bf16" else torch.float32
        model = prepare.fuse(checkpoints.load_model(checkpoint, dtype, device))
        return prepare.to_int8(model) if precision == "int8" else prepare.pack(model)


def _device(torch: Any, wanted: str) -> Any:
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    name = next(d for d in available if available[d]) if wanted == "auto" else wanted
    if not available[name]:
        raise CheckpointError(f"The device {name} is not available here; set it to auto or cpu.")
    return torch.device(name)


def _precision(wanted: str, device: Any) -> str:
    if wanted == "auto":
        return "bf16" if device.type == "cuda" else "fp32"
    if wanted == "int8" and device.type != "cpu":
        raise CheckpointError("int8 weights are for the CPU; choose bf16 or fp32 on this device.")
    return wanted
