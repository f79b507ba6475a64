"""Settings of the server that the openai client talks to: the real engines, and one that is slow on purpose."""

from chatsite.settings import *  # noqa: F403
from chatsite.settings import API_LIMITS, INFERENCE

INFERENCE = {**INFERENCE, "words": {"BACKEND": "tests.e2e.words.WordsBackend"}}
API_LIMITS = {**API_LIMITS, "heartbeat_s": 0.01}
