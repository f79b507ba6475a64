"""Settings of the servers that `manage.py benchmark --web` starts: words at a pace, without a model."""

from chatsite.benchmark_settings import *  # noqa: F403

INFERENCE = {"default": {"BACKEND": "inference.backends.paced.PacedBackend"}}
