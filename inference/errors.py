"""Every error that leaves this library.

InferenceError
├── InvalidRequest           the caller's mistake; nothing was started
│   ├── MessageTooLong       one message alone does not fit the model's context window
│   └── UpstreamRefused      another server refuses this request or what it would say
├── Overloaded               the queue is full; `retry_after_s` says when to try again
├── BackendUnavailable       no model to ask
│   ├── UnknownBackend       no backend of that name is configured
│   ├── CheckpointError      the checkpoint is missing, damaged or of an unsafe format
│   ├── UpstreamUnreachable  another server does not answer, or says that it cannot at the moment
│   └── UpstreamRejected     another server does not take our key, or has no such model
└── GenerationError          the answer broke off; what was yielded so far stands
    ├── NonFiniteLogits      the model gave NaN or infinity for this request
    ├── StepFailed           the engine's step raised
    ├── EngineDied           the engine thread ended
    ├── DeviceOutOfMemory    no memory for this request
    ├── StreamBroken         another server's answer broke off, or cannot be read
    └── UpstreamTimeout      another server took longer than it may: to the first word, between two, in all

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


class UpstreamRefused(InvalidRequest):
    """Another server refuses this request as it is, or filtered what it would have said."""

    code = "upstream_refused"


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


class UpstreamUnreachable(BackendUnavailable):
    """Another server does not answer, or answers that it cannot at the moment; perhaps when it can again."""

    code = "upstream_unreachable"

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class UpstreamRejected(BackendUnavailable):
    """Another server does not let us in or has no such model: a mistake in the settings."""

    code = "upstream_rejected"


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


class StreamBroken(GenerationError):
    """What another server sent broke off or cannot be read; or there was nothing in it."""

    code = "stream_broken"


class UpstreamTimeout(GenerationError):
    """Another server took longer than it may."""

    code = "upstream_timeout"
