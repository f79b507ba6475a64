"""Who writes which reply: the rows of Process, and what becomes of replies whose process is gone.

A running reply names its process (Message.process), and only that process may write it: every statement of the
journal and of finish_reply has it in its condition. So a process that was stopped for a minute, and came back after
somebody else took the reply over, finds that its writes change nothing. What decides between two that want the same
reply is one conditional UPDATE.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Q
from django.db.models.functions import Now

from chat import processes, queries
from chat.enums import Status
from chat.models import Message, Process

FORGET_S = 3600.0  # a dead process stays in the table for so long, for whoever wants to know what happened


@dataclass(frozen=True, slots=True)
class Turn:
    """What a beat found: replies that this process lost, that nobody writes any more, and that it takes over."""

    lost: list[int]
    ended: list[Message]
    taken: list[Message]


def register() -> None:
    """Enter this process into the table."""
    row = Process.objects.create(
        pk=processes.this_process() or uuid.uuid4(), name=processes.name(), draining=processes.draining()
    )
    processes.become(row.pk)


def beat(running: list[int], may_reap: Callable[[], bool]) -> Turn:
    """Say that this process lives, and look after the replies: those that it is writing, and those of the dead.

    `may_reap` is asked when the database has answered: whether those who do not beat are dead, or had no database.
    """
    if not processes.this_row().update(heartbeat_at=Now(), draining=processes.draining()):
        register()
    turn = Turn(_lost(running), reap() if may_reap() else [], [] if processes.draining() else _take_over())
    _forget_the_dead()
    return turn


def reap() -> list[Message]:
    """Mark the replies of dead processes as interrupted; those that this call marked."""
    return _won(~processes.fresh("process__") | Q(process=None), status=Status.INTERRUPTED, process=None)


def hand_on() -> None:
    """Give all replies of this process, whose tasks have ended, to whoever takes them first."""
    processes.this_row().update(left=True, heartbeat_at=Now())


def leave() -> None:
    """Take this process out of the table, unless it has left replies that somebody still has to find."""
    if not Message.objects.filter(process=processes.this_process(), status=Status.STREAMING).exists():
        processes.this_row().delete()
    processes.become(None)


def interrupt_orphans() -> int:
    """Mark every running reply as interrupted: for the start of the only process, when none can be running."""
    rows = Message.objects.filter(status=Status.STREAMING)
    return rows.update(status=Status.INTERRUPTED, process=None)


def _lost(running: list[int]) -> list[int]:
    """Of the replies that this process is writing, those that ended or went to another one."""
    if not running:
        return []
    ours = Message.objects.filter(pk__in=running, status=Status.STREAMING, process=processes.this_process())
    return sorted(set(running) - set(ours.values_list("pk", flat=True)))


def _take_over() -> list[Message]:
    """Become the writer of replies that a process handed on before it ended."""
    return _won(processes.fresh("process__") & Q(process__left=True), process=processes.this_process())


def _won(condition: Q, **changes: object) -> list[Message]:
    """Change the running replies of which this holds; those where no other process was faster."""
    found = Message.objects.filter(condition, status=Status.STREAMING).values_list("pk", "process")
    # Only columns of the row itself in the condition: PostgreSQL looks at those again after waiting for another writer.
    rows = [(pk, Message.objects.filter(pk=pk, status=Status.STREAMING, process=writer)) for pk, writer in found]
    return [queries.reply_for_run(pk) for pk, row in rows if row.update(**changes)]


def _forget_the_dead() -> None:
    Process.objects.filter(heartbeat_at__lt=processes.ago(FORGET_S)).delete()
