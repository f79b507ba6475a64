"""Settings of the server that `manage.py benchmark` starts for itself: many visitors at one address at once."""

from chatsite.settings import *  # noqa: F403
from chatsite.settings import CHAT_LIMITS, INFERENCE

INFERENCE = {
    "default": {
        "BACKEND": "inference.backends.clock.ClockBackend",
        "OPTIONS": {**INFERENCE["checkpoint"]["OPTIONS"], "max_streams": 64, "max_queue": 64},
    }
}
CHAT_LIMITS = {**CHAT_LIMITS, "rate_address": (10_000, 60)}
CHAT_SAMPLING = {"temperature": 1.0, "max_new_tokens": 160}
