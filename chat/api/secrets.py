"""What a key looks like, and what is stored of it.

A key holds 256 random bits, so that one pass of SHA-256 is enough: there is nothing to guess that a slow hash
would protect, and nobody can look a hash up.
"""

from __future__ import annotations

import hashlib
import secrets

START = "duo-"
SHOWN = len(START) + 6  # characters that tell keys apart in a list
MAX_CHARS = 200


def new_secret() -> str:
    """A key that nobody has seen yet."""
    return START + secrets.token_urlsafe(32)


def hash_of(secret: str) -> str:
    """What is stored in its place."""
    return hashlib.sha256(secret[:MAX_CHARS].encode("utf-8", "replace")).hexdigest()


def prefix_of(secret: str) -> str:
    """The beginning, by which its owner knows it again."""
    return secret[:SHOWN]
