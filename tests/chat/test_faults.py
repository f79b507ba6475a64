"""chat/faults.py: where it happened, and not what was said."""

from __future__ import annotations

import logging

import pytest

from chat.faults import log_fault


def test_a_fault_is_logged_without_its_message(caplog: pytest.LogCaptureFixture):
    try:
        raise ValueError("canary")
    except ValueError as error:
        log_fault(logging.getLogger("chat.test"), "It failed", error)
    assert caplog.messages[0].startswith("It failed: ValueError at test_faults.py:")
    assert "canary" not in caplog.text
