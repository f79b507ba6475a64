"""The site with a model from a script, for tests that are about words and processes, not about answers."""

import os

from chatsite.settings import *  # noqa: F403
from chatsite.settings import CHAT_LEASE, DATABASES

# Tests of several processes have the dead noticed sooner, and answers that take as long as the test needs.
BEAT_S = float(os.environ.get("E2E_BEAT_S", "2"))
if CHAT_LEASE["beat_s"] > BEAT_S:
    CHAT_LEASE = {"beat_s": BEAT_S, "expires_s": 3.0}
    if "pool" in DATABASES["default"].get("OPTIONS", {}):
        DATABASES["default"]["OPTIONS"]["pool"].update(timeout=1, reconnect_timeout=0.2)
EVERY_S = float(os.environ.get("E2E_EVERY_S", "0.02"))
INFERENCE = {"default": {"BACKEND": "tests.e2e.words.WordsBackend", "OPTIONS": {"every_s": EVERY_S}}}
