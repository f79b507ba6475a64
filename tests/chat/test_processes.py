"""chat/processes.py: who lives, by the database's clock."""

from __future__ import annotations

import os
import uuid
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from chat import processes
from chat.models import Process

pytestmark = pytest.mark.django_db


def lives(name: str, silent_s: float = 0, draining: bool = False) -> Process:
    """A process that beat last so long ago."""
    row = Process.objects.create(name=name, draining=draining)
    Process.objects.filter(pk=row.pk).update(heartbeat_at=Now() - timedelta(seconds=silent_s))
    return row


def test_peers_are_the_others_that_live_and_stay():
    lives("other", silent_s=14)
    lives("dead", silent_s=16)
    lives("about to end", draining=True)
    processes.become(lives("this").pk)
    assert [row.name for row in processes.peers()] == ["other"]


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_process_whose_clock_is_wrong_takes_nobody_for_dead(monkeypatch: pytest.MonkeyPatch, hours: int):
    lives("other")
    wrong = timezone.now() + timedelta(hours=hours)
    monkeypatch.setattr(timezone, "now", lambda: wrong)
    assert [row.name for row in processes.peers()] == ["other"]


def test_a_process_is_called_by_its_machine_and_its_number():
    assert processes.name().endswith(f":{os.getpid()}")


def test_who_serves_has_a_key():
    key = uuid.uuid4()
    assert processes.this_process() is None
    processes.become(key)
    assert processes.this_process() == key
