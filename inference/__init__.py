"""Inference: a request in, a stream of chunks out. No ORM, no Channels, no Django needed.

Importing this package loads neither torch nor transformers; the first use of a local backend does.
"""

from inference.errors import InferenceError
from inference.registry import backend_names, configure, get_backend, prompt_tokens, stream
from inference.types import (
    BackendState,
    ChatMessage,
    Chunk,
    Citation,
    Completion,
    Decision,
    FinishReason,
    Request,
    Role,
    Sampling,
    Status,
    TokenLogprob,
    Waiting,
)

__all__ = [
    "BackendState",
    "ChatMessage",
    "Chunk",
    "Citation",
    "Completion",
    "Decision",
    "FinishReason",
    "InferenceError",
    "Request",
    "Role",
    "Sampling",
    "Status",
    "TokenLogprob",
    "Waiting",
    "backend_names",
    "configure",
    "get_backend",
    "prompt_tokens",
    "stream",
]
