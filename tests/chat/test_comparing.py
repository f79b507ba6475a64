"""Two answers side by side: from the question to the vote, over real sockets."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError, transaction

from chat import actions, comparing, dispatch, leases, queries, serializers
from chat.access import Actor
from chat.actions import Turn
from chat.commands import CompareAnswers, DecideComparison
from chat.comparing import Contest, Verdict
from chat.dispatch import Asker
from chat.enums import Better, Role, Side, Status
from chat.errors import Conflict, NotFound
from chat.models import Conversation, Message
from chat.review.errors import AlreadyVoted
from chat.review.models import Comparison, ComparisonVote
from tests.chat.conftest import ANN, BOB, client_id, end, say
from tests.chat.sockets import all_done, db, open_tab
from tests.scripted import ScriptedBackend

pytestmark = [pytest.mark.django_db(transaction=True)]

Duel = tuple[ScriptedBackend, ScriptedBackend]
CONTEST = Contest(("rules", "gpt2"), "visitor")


def compare(conversation: Conversation, text: str = "Where is my card?", key: str = "") -> Turn:
    """A question with two empty replies."""
    return actions.start_turn(conversation, key or client_id(), text, CONTEST)


def compared(conversation: Conversation) -> Turn:
    """The same with both answers there."""
    turn = compare(conversation)
    assert turn.rival is not None
    end(turn.reply, text="On its **way**.")
    end(turn.rival, text="# It is on its way.")
    conversation.refresh_from_db()
    return turn


def snapshot(conversation: Conversation) -> dict[str, Any]:
    return serializers.snapshot_json(ANN, Conversation.objects.get(pk=conversation.pk))


def test_a_question_gets_two_empty_answers_of_two_engines(conversation: Conversation, duel: Duel):
    turn = compare(conversation)
    rows = queries.candidates(turn.message)
    assert [(row.side, row.status, row.parent_id) for row in rows] == [
        (Side.A, Status.STREAMING, turn.message.pk),
        (Side.B, Status.STREAMING, turn.message.pk),
    ]
    assert sorted(row.generation.backend for row in rows) == ["gpt2", "rules"]
    kept = Comparison.objects.get()
    assert (kept.prompt, kept.first, kept.second, kept.offered_to, kept.mode) == (
        turn.message,
        *rows,
        "visitor",
        "live",
    )
    assert (kept.left_engine, kept.right_engine) == tuple(row.generation.backend for row in rows)


def test_sides_are_drawn(conversation: Conversation, duel: Duel, monkeypatch: pytest.MonkeyPatch):
    for left in ("rules", "gpt2"):
        monkeypatch.setattr(random, "sample", lambda engines, k, left=left: sorted(engines, key=lambda e: e != left))
        turn = compare(conversation)
        assert comparing.records().engines(turn.message)[0] == left
        actions.stop_reply(turn.reply)


def test_the_same_question_again_is_the_same_pair(conversation: Conversation, duel: Duel):
    key = client_id()
    first, again = compare(conversation, "Hi", key), compare(conversation, "Hi", key)
    assert (again.replies, again.created) == (first.replies, False)
    assert (Message.objects.count(), Comparison.objects.count()) == (3, 1)


def test_beside_a_pair_nothing_else_is_written(conversation: Conversation, duel: Duel):
    turn = compare(conversation)
    for act in (
        lambda: actions.start_turn(conversation, client_id(), "And?"),
        lambda: compare(conversation, "And?"),
        lambda: actions.edit_message(turn.message, client_id(), "Other"),
        lambda: actions.regenerate(turn.reply),
        lambda: actions.select_version(turn.reply),
    ):
        with pytest.raises(Conflict):
            act()


@pytest.mark.parametrize("ended", [Side.A, Side.B])
@pytest.mark.parametrize("side", Side)
def test_the_database_itself_lets_only_the_other_side_run(
    conversation: Conversation, duel: Duel, ended: Side, side: Side
):
    """One of the two has ended; a streaming row of any side but that one's is refused."""
    turn = compare(conversation)
    Message.objects.filter(side=ended).update(status=Status.COMPLETE)
    fields = {"conversation": conversation, "parent": None, "role": Role.ASSISTANT, "status": Status.STREAMING}
    refused = False
    try:
        with transaction.atomic():
            Message.objects.create(**fields, side=side)
    except IntegrityError:
        refused = True
    assert refused == (side != ended)
    assert turn.message.children.count() == 2


def test_stop_ends_both(conversation: Conversation, duel: Duel):
    turn = compare(conversation)
    actions.stop_reply(turn.reply)
    assert [reply.status for reply in queries.candidates(turn.message)] == [Status.STOPPED] * 2


def test_a_pair_of_a_dead_process_is_interrupted_and_can_be_voted_on(conversation: Conversation, duel: Duel):
    turn = compare(conversation)
    assert leases.interrupt_orphans() == 2
    actions.decide(turn.message, Verdict(Better.B))
    conversation.refresh_from_db()
    assert conversation.active_leaf == turn.rival


@pytest.mark.parametrize(
    ("better", "goes_on"),
    [(Better.A, Side.A), (Better.B, Side.B), (Better.TIE, Side.A), (Better.BOTH_BAD, Side.NEITHER)],
)
def test_the_conversation_goes_on_with_the_better_one(
    conversation: Conversation, duel: Duel, better: Better, goes_on: Side
):
    turn = compared(conversation)
    actions.decide(turn.message, Verdict(better, ("clear",), "rules"))
    conversation.refresh_from_db()
    assert conversation.active_leaf is not None
    assert conversation.active_leaf.side == goes_on
    left = comparing.records().engines(turn.message)[0]
    assert comparing.records().verdict(turn.message) == Verdict(better, ("clear",), "rules", left == "rules")
    after = say(conversation, "And then?")
    assert after.message.parent == conversation.active_leaf


def test_after_two_bad_answers_a_person_is_offered_in_the_questions_language(conversation: Conversation, duel: Duel):
    turn = compared(conversation)
    actions.decide(turn.message, Verdict(Better.BOTH_BAD))
    actions.decide(turn.message, Verdict(Better.BOTH_BAD))
    sentence = Message.objects.get(side=Side.NEITHER)
    assert sentence.content.endswith("or ask a person of our team.")
    shown = snapshot(conversation)["messages"]
    assert [message["id"] for message in shown[1:]] == [
        str(message.public_id) for message in (turn.reply, turn.rival, sentence)
    ]


def test_a_second_vote_changes_nothing(conversation: Conversation, duel: Duel):
    turn = compared(conversation)
    actions.decide(turn.message, Verdict(Better.A))
    actions.decide(turn.message, Verdict(Better.A, ("brief",)))
    with pytest.raises(AlreadyVoted):
        actions.decide(turn.message, Verdict(Better.B))
    vote = ComparisonVote.objects.get()
    assert (vote.outcome, vote.reasons, vote.rater_key) == ("first", [], "visitor:ann")


def test_nobody_votes_before_both_have_ended_unless_one_broke_off(conversation: Conversation, duel: Duel):
    turn = compare(conversation)
    assert turn.rival is not None
    with pytest.raises(Conflict):
        actions.decide(turn.message, Verdict(Better.A))
    end(turn.reply)
    with pytest.raises(Conflict):
        actions.decide(turn.message, Verdict(Better.A))
    Message.objects.filter(pk=turn.reply.pk).update(status=Status.FAILED)
    actions.decide(turn.message, Verdict(Better.B))
    end(turn.rival)
    assert snapshot(conversation)["comparison"]["verdict"]["better"] == "b"


def test_what_was_left_behind_cannot_be_voted_on(conversation: Conversation, duel: Duel):
    turn = compared(conversation)
    say(conversation, "And then?")
    with pytest.raises(Conflict):
        actions.decide(turn.message, Verdict(Better.A))
    assert [message["text"] for message in snapshot(conversation)["messages"]] == [
        *("Where is my card?", "On its **way**.", "And then?", "On its way."),
    ]


def test_a_question_with_one_answer_has_nothing_to_vote_on(conversation: Conversation, duel: Duel):
    with pytest.raises(Conflict):
        actions.decide(say(conversation).message, Verdict(Better.A))


def test_until_the_vote_nothing_tells_who_wrote_what(conversation: Conversation, duel: Duel):
    turn = compared(conversation)
    for reply in queries.candidates(turn.message):
        reply.generation.sources = ["card_arrival"]
        reply.generation.confidence = 0.875
        reply.generation.save()
    before = snapshot(conversation)
    assert before["comparison"] == {
        "id": str(turn.message.public_id),
        "messages": [str(reply.public_id) for reply in turn.replies],
        **{"verdict": None, "engines": None},
    }
    assert [(message["html"], message["sources"]) for message in before["messages"][1:]] == [
        ("<p>On its way.</p>\n", []),
        ("<p>It is on its way.</p>\n", []),
    ]
    assert not {"rules", "gpt2", "0.875", "card_arrival"} & set(str(before).replace("'", " ").split())
    actions.decide(turn.message, Verdict(Better.TIE))
    after = snapshot(conversation)
    names = comparing.records().engines(turn.message)
    assert after["comparison"]["engines"] == [{"name": name, "confidence": 0.875} for name in names]
    assert [message["sources"][0]["slug"] for message in after["messages"][1:]] == ["card_arrival"] * 2


def test_a_visitors_vote_goes_along_into_the_account(conversation: Conversation, duel: Duel):
    turn = compared(conversation)
    actions.decide(turn.message, Verdict(Better.A))
    user = User.objects.create_user("ann")
    actions.claim(ANN, Actor(user.pk))
    turn.message.refresh_from_db()
    vote = ComparisonVote.objects.get()
    assert (vote.rater, vote.rater_key) == (user, f"user:{user.pk}")
    assert comparing.records().verdict(Message.objects.get(pk=turn.message.pk)) == Verdict(Better.A)


def _person(kind: str) -> Actor:
    if kind == "visitor":
        return BOB
    user = User.objects.create_user(kind, is_staff=kind != "account", is_superuser=kind == "superuser")
    if kind == "reviewer":
        user.user_permissions.add(Permission.objects.get(codename="view_comparison"))
    return Actor(user.pk)


@pytest.mark.parametrize(
    ("offered_to", "asked"),
    [
        ("off", {}),
        ("staff", {"reviewer": "staff", "superuser": "staff"}),
        (
            "visitors",
            {"visitor": "visitor", "account": "visitor", "staff": "visitor"}
            | dict.fromkeys(("reviewer", "superuser"), "staff"),
        ),
    ],
)
def test_who_may_compare(duel: Duel, settings: LazySettings, offered_to: str, asked: dict[str, str]):
    settings.CHAT_COMPARE = {**settings.CHAT_COMPARE, "offered_to": offered_to}
    people = ("visitor", "account", "staff", "reviewer", "superuser")
    contests = {kind: comparing.contest_for(_person(kind)) for kind in people}
    assert {kind: contest.audience for kind, contest in contests.items() if contest} == asked


@pytest.mark.parametrize("engines", [["rules"], ["rules", "rules"], ["rules", "nowhere"]])
def test_two_engines_that_exist_are_needed(duel: Duel, settings: LazySettings, engines: list[str]):
    settings.CHAT_COMPARE = {**settings.CHAT_COMPARE, "engines": engines}
    assert comparing.contest_for(ANN) is None


async def test_whom_it_is_not_offered_is_told_so(conversation: Conversation, backend: ScriptedBackend):
    with pytest.raises(NotFound) as caught:
        await dispatch.dispatch(Asker(ANN), conversation.public_id, CompareAnswers(client_id(), "Hi"))
    assert str(caught.value.detail) == "Comparing answers is not offered here."


async def test_a_stranger_votes_on_nothing(conversation: Conversation, duel: Duel):
    turn = await db(compared, conversation)
    vote = DecideComparison(turn.message.public_id, Better.A, (), "")
    with pytest.raises(NotFound):
        await dispatch.dispatch(Asker(BOB), conversation.public_id, vote)
    assert await db(ComparisonVote.objects.count) == 0


async def test_both_answers_stream_at_once_and_every_tab_sees_them(conversation: Conversation, duel: Duel):
    gates = [asyncio.Event(), asyncio.Event()]
    for engine, gate in zip(duel, gates, strict=True):
        engine.scripts.append(["First ", gate, f"and last of {engine.name}."])
    async with open_tab(conversation.public_id, ANN) as tab, open_tab(conversation.public_id, ANN) as other:
        await tab.send("message.compare", client_id=client_id(), text="Where is my card?")
        began = await tab.until("snapshot")
        await other.until("snapshot")
        a, b = began["comparison"]["messages"]
        assert ([message["id"] for message in began["messages"][1:]], began["running"]) == ([a, b], a)
        seen = [await other.until("reply.delta") for _ in range(2)]
        assert {event["message_id"] for event in seen} == {a, b}  # both have begun, none has ended
        gates[0].set()
        first = await other.until("reply.done")
        gates[1].set()
        second = await other.until("reply.done")
        assert ({first["message_id"], second["message_id"]}, first["sources"]) == ({a, b}, [])
        question = began["comparison"]["id"]
        for _click in range(2):  # a double click
            await tab.send("comparison.vote", message_id=question, better="b", reasons=["clear"], guess="unsure")
        for each in (tab, other):
            decided = await each.until("snapshot")
            assert decided["comparison"]["verdict"]["better"] == "b"
            assert sorted(engine["name"] for engine in decided["comparison"]["engines"]) == ["gpt2", "rules"]
        await all_done()
        assert await db(ComparisonVote.objects.count) == 1
        await tab.send("message.send", client_id=client_id(), text="And then?")
        went_on = await other.until("snapshot")
        while went_on["comparison"]:
            went_on = await other.until("snapshot")
        assert [message["id"] for message in went_on["messages"]][1] == b


async def test_stop_reaches_both_engines(conversation: Conversation, duel: Duel):
    for engine in duel:
        engine.scripts.append(["First ", asyncio.Event()])
    async with open_tab(conversation.public_id, ANN) as tab:
        await tab.send("message.compare", client_id=client_id(), text="Where is my card?")
        began = await tab.until("snapshot")
        for _ in range(2):
            await tab.until("reply.delta")
        await tab.send("reply.stop", message_id=began["running"])
        ended = [await tab.until("reply.done") for _ in range(2)]
        assert [event["status"] for event in ended] == ["stopped", "stopped"]
        await all_done()
    assert [len(engine.cancelled) for engine in duel] == [1, 1]
