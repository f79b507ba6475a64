"""inference/backends/upstream/faults.py: statuses and headers as errors of our own."""

from __future__ import annotations

import email.utils
import time

import pytest

from inference.backends.upstream.faults import MAX_RETRY_AFTER_S, of_status, retry_after
from inference.errors import UpstreamUnreachable


@pytest.mark.parametrize(
    ("value", "expected"),
    [("2.5", 2.5), ("-3", 0.0), ("0", 0.0), ("1e9", MAX_RETRY_AFTER_S), ("soon", None), ("", None), ("nan", None)],
)
def test_the_wait_in_seconds(value: str, expected: float | None):
    assert retry_after({"retry-after": value}) == expected


def test_the_wait_as_a_date():
    assert retry_after({"retry-after": email.utils.formatdate(time.time() - 60)}) == 0.0
    assert retry_after({"retry-after": email.utils.formatdate(time.time() + 1e6)}) == MAX_RETRY_AFTER_S


@pytest.mark.parametrize(("code", "told"), [("oops_1", " (oops_1)"), ("a visitor's words", ""), (None, "")])
def test_only_codes_are_repeated(code: str | None, told: str):
    error = of_status("cloud", 503, code, {"retry-after": "7"})
    assert isinstance(error, UpstreamUnreachable)
    assert (str(error), error.retry_after_s) == (
        f"Upstream cloud answers 503{told}: it cannot answer at the moment.",
        7,
    )
