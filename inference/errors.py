"""Every error that leaves this library.

InferenceError
├── InvalidRequest           the caller's mistake; nothing was started
│   └── MessageTooLong       one message alone does not fit the model's context window
├── Overloaded               the queue is full; `retry_after_s` says when to try again
├── BackendUnavailable       no model to ask
│   ├── UnknownBackend       no backend of that name is configured
│   └── CheckpointError      the checkpoint is missing, damaged or of an unsafe format
└── GenerationError          the answer broke off; what was yielded so far stands
    ├── NonFiniteLogits      the model gave NaN or infinity for this request
    ├── StepFailed           the engine's step raised
    ├── EngineDied           the engine thread ended
    └── DeviceOutOfMemory    no memory for this request

`code` is stable and safe to show or to log; the message is for an operator, never for a visitor.
"""

from __future__ import annotations


class InferenceError(Exception):
    """Base of everything that inference raises on purpose."""

    code = "inference_error"


class InvalidRequest(InferenceError):
    """The request cannot be answered as it is; the message says what to change."""

    code = "invalid_request"


class MessageTooLong(InvalidRequest):
    """A single message does not fit into the context window with room for an answer."""

    code = "message_too_long"


class Overloaded(InferenceError):
    """The queue is full."""

    code = "overloaded"

    def __init__(self, message: str, retry_after_s: float = 5.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class BackendUnavailable(InferenceError):
    """The backend cannot answer anybody at the moment."""

    code = "backend_unavailable"


class UnknownBackend(BackendUnavailable):
    """No backend of that name in the configuration."""

    code = "unknown_backend"


class CheckpointError(BackendUnavailable):
    """The checkpoint cannot be used; the message is one sentence with the remedy."""

    code = "checkpoint_error"


class GenerationError(InferenceError):
    """The generation failed after it was accepted."""

    code = "generation_error"


class NonFiniteLogits(GenerationError):
    """NaN or infinite logits in this request's row."""

    code = "non_finite_logits"


class StepFailed(GenerationError):
    """A step of the engine raised; every request of that step gets this."""

    code = "step_failed"


class EngineDied(GenerationError):
    """The engine thread ended while the request was in it."""

    code = "engine_died"


class DeviceOutOfMemory(GenerationError):
    """The device has no memory left for this request."""

    code = "out_of_memory"
