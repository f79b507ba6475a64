"""Server processes for the end-to-end tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from inference.checkpoints import EMBEDDED_PATH
from tests.e2e.serving import Site

needs_embedded = pytest.mark.skipif(not EMBEDDED_PATH.is_dir(), reason="the embedded checkpoint is not here")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """An installation whose model is a script; not started."""
    with Site(tmp_path) as site:
        yield site
