"""Which server process this is, and which others live beside it on the same database.

A process that serves is a row of Process, whose heartbeat it renews (chat/heart.py). Who has not beaten for
`CHAT_LEASE["expires_s"]` is taken for dead. All times are the database's: a process with a wrong clock is dead
to nobody, and takes nobody for dead.
"""

from __future__ import annotations

import os
import socket
import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from chat.models import Process

_this: uuid.UUID | None = None
_draining = False


def this_process() -> uuid.UUID | None:
    """The key of this process; None in one that does not serve, such as a management command."""
    return _this


def become(key: uuid.UUID | None) -> None:
    """Be the process with this key from now on."""
    global _this
    _this = key


def this_row() -> QuerySet[Process]:
    """This process in the table, if it is there."""
    return Process.objects.filter(pk=_this) if _this else Process.objects.none()


def name() -> str:
    """How people call this process."""
    return f"{socket.gethostname()}:{os.getpid()}"[:120]


def draining() -> bool:
    """Whether this process is about to end and takes no new work."""
    return _draining


def begin_draining(begun: bool = True) -> None:
    """Take no new work from now on."""
    global _draining
    _draining = begun


def peers() -> list[Process]:
    """The other processes that live and are not about to end."""
    return list(Process.objects.filter(fresh(), draining=False).exclude(pk__in=this_row()).order_by("started_at"))


def fresh(prefix: str = "") -> Q:
    """The condition that a process, or the one behind a foreign key, has beaten lately."""
    return Q(**{f"{prefix}heartbeat_at__gte": ago(settings.CHAT_LEASE["expires_s"])})


def ago(seconds: float) -> Any:
    """So long ago, by the database's clock."""
    return Now() - timedelta(seconds=seconds)
