"""The site with a model from a script, for tests that are about words and processes, not about answers."""

from chatsite.settings import *  # noqa: F403

INFERENCE = {"default": {"BACKEND": "tests.e2e.words.WordsBackend"}}
