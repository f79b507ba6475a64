"""The project's settings for the real server that the browser tests drive: a scripted model, wide limits."""

import os

from chatsite.settings import *  # noqa: F403 - everything else stays as it is
from chatsite.settings import CHAT_LIMITS

PLAY = {"BACKEND": "tests.browser.backend.PlayBackend", "OPTIONS": {"folder": os.environ["DUOLOGUE_PLAY"]}}
LARGE = {**PLAY, "OPTIONS": {**PLAY["OPTIONS"], "label": "Cloud", "large": True}}
# The checkpoint is there to be explained; nobody asks it.
LOCAL = {"BACKEND": "inference.backends.local.LocalBackend"}
INFERENCE = {"default": PLAY, "rules": PLAY, "gpt2": PLAY, "cloud": LARGE, "checkpoint": LOCAL}
# Every test is another visitor, but all have one address. The limit per conversation is what one test runs into.
CHAT_LIMITS = {
    **CHAT_LIMITS,
    "rate_visitor": (1000, 60),
    "rate_address": (100_000, 60),
    "rate_signup": (1000, 60),
    "rate_conversation": (12, 60),
}
