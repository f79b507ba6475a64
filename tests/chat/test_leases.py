"""chat/leases.py: a reply has one writer, and one that is gone is found."""

from __future__ import annotations

import uuid

import pytest

from chat import actions, journal, leases, processes, queries
from chat.actions import Ending
from chat.enums import Status
from chat.journal import Piece
from chat.models import Conversation, Message, Process
from tests.chat.conftest import client_id, say
from tests.chat.test_processes import lives

pytestmark = pytest.mark.django_db


@pytest.fixture
def reply(conversation: Conversation) -> Message:
    """A running reply of this process."""
    leases.register()
    return actions.start_turn(conversation, client_id(), "Hi").reply


def _of(reply: Message, writer: Process | None) -> Message:
    """The same reply, written by another process."""
    Message.objects.filter(pk=reply.pk).update(process=writer)
    return reply


def beat(*running: Message) -> leases.Turn:
    """A beat of a process that may judge."""
    return leases.beat([reply.pk for reply in running], lambda: True)


def _state(reply: Message) -> tuple[str, uuid.UUID | None]:
    fresh = queries.reply_for_run(reply.pk)
    return fresh.status, fresh.process_id


def test_a_reply_names_its_writer_until_its_end(reply: Message):
    assert _state(reply) == ("streaming", processes.this_process())
    actions.finish_reply(reply.pk, Ending(Status.COMPLETE, {}))
    assert _state(reply) == ("complete", None)


def test_a_stopped_reply_has_no_writer_and_a_continued_one_has_who_continues(reply: Message):
    actions.stop_reply(reply)
    assert _state(reply) == ("stopped", None)
    actions.continue_reply(queries.reply_for_run(reply.pk))
    assert _state(reply) == ("streaming", processes.this_process())


def test_a_beat_is_seen_and_changes_no_running_reply(reply: Message):
    row = Process.objects.get()
    Process.objects.update(heartbeat_at=processes.ago(10))
    turn = beat(reply)
    assert (turn.lost, turn.ended, turn.taken) == ([], [], [])
    assert Process.objects.get().heartbeat_at > row.started_at
    assert _state(reply) == ("streaming", row.pk)


@pytest.mark.parametrize("writer", [14, 16, None])
def test_only_the_replies_of_the_dead_are_interrupted(reply: Message, writer: float | None):
    other = None if writer is None else lives("other", silent_s=writer)
    turn = beat(_of(reply, other))
    alive = writer == 14
    assert [row.pk for row in turn.ended] == ([] if alive else [reply.pk])
    assert turn.lost == [reply.pk]
    assert _state(reply) == (("streaming", other.pk) if alive and other else ("interrupted", None))
    assert beat().ended == []


def test_who_may_not_judge_interrupts_nothing(reply: Message):
    assert leases.beat([_of(reply, None).pk], lambda: False).ended == []
    assert _state(reply) == ("streaming", None)


def test_two_that_find_the_same_dead_process_tell_it_once(reply: Message):
    _of(reply, None)
    assert [[row.pk for row in leases.reap()] for _ in range(2)] == [[reply.pk], []]


def test_what_is_handed_on_goes_to_one_that_stays(reply: Message, conversation: Conversation):
    before = processes.this_process()
    leases.hand_on()
    leases.leave()
    assert Process.objects.filter(pk=before, left=True).exists()
    leases.register()
    processes.begin_draining()
    assert beat().taken == []
    processes.begin_draining(False)
    assert [row.pk for row in beat().taken] == [reply.pk]
    assert _state(reply) == ("streaming", processes.this_process())
    assert beat(reply).taken == []


def test_what_nobody_took_is_interrupted_in_the_end(reply: Message):
    leases.hand_on()
    Process.objects.update(heartbeat_at=processes.ago(16))
    processes.become(None)
    leases.register()
    turn = beat()
    assert ([row.pk for row in turn.ended], turn.taken) == ([reply.pk], [])


def test_a_process_that_leaves_nothing_is_forgotten(reply: Message):
    actions.stop_reply(reply)
    leases.leave()
    assert (Process.objects.count(), processes.this_process()) == (0, None)


def test_a_process_that_was_forgotten_enters_again(reply: Message):
    key = processes.this_process()
    actions.stop_reply(reply)
    Process.objects.all().delete()
    beat()
    assert Process.objects.get().pk == key


def test_the_dead_are_forgotten_after_an_hour(conversation: Conversation):
    leases.register()
    lives("long dead", silent_s=3700)
    lives("dead", silent_s=3500)
    beat()
    assert sorted(Process.objects.values_list("name", flat=True)) == sorted(["dead", processes.name()])


def test_a_process_that_lost_its_reply_writes_nothing_any_more(reply: Message):
    other = lives("other")
    _of(reply, other)
    assert journal.store([Piece(reply.pk, 1, "late")]) == set()
    assert actions.finish_reply(reply.pk, Ending(Status.COMPLETE, {"prompt_tokens": 7}), seq=2) is None
    fresh = queries.reply_for_run(reply.pk)
    assert (fresh.content, fresh.seq, fresh.generation.prompt_tokens) == ("", 0, None)
    assert _state(reply) == ("streaming", other.pk)


def test_at_the_start_of_the_only_process_every_running_reply_is_an_orphan(reply: Message, conversation: Conversation):
    assert [leases.interrupt_orphans(), leases.interrupt_orphans()] == [1, 0]
    assert _state(reply) == ("interrupted", None)


def test_a_finished_turn_is_nobodys(conversation: Conversation):
    leases.register()
    assert say(conversation).reply.process_id is None
