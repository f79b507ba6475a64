"""A secret key that is made once per installation and kept out of the repository."""

import os
from pathlib import Path

from django.core.management.utils import get_random_secret_key


def load_or_create_secret_key(path: Path) -> str:
    """The key in `path`; written there, readable by its owner alone, when there is none yet."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    key = get_random_secret_key() + get_random_secret_key()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key)
    return key
