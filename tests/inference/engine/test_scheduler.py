import pytest

from inference.engine.request import Sequence, sequences_of
from inference.engine.scheduler import Prefill, Scheduler
from inference.errors import Overloaded
from inference.types import ChatMessage, Request, Role, Sampling


def sequences(prompt: int = 4, n: int = 1) -> list[Sequence]:
    request = Request((ChatMessage(Role.USER, "x"),), Sampling(n=n))
    return sequences_of(request, list(range(prompt)), 0, 0.0)


def prefilled(scheduler: Scheduler) -> None:
    """Do what the engine does with a plan of prompts."""
    for part in scheduler.plan().prefills:
        part.sequence.cached = part.end
        if part.end == len(part.sequence.prompt):
            part.sequence.tokens.append(1)


def test_plan_admits_first_come_first_served_until_the_rows_are_full():
    scheduler = Scheduler(max_streams=2, max_queue=4, prefill_budget=100)
    one, two, three = (sequences()[0] for _ in range(3))
    for each in (one, two, three):
        scheduler.add([each])
    assert scheduler.plan().prefills == [Prefill(one, 0, 4), Prefill(two, 0, 4)]
    assert list(scheduler.waiting) == [three]


def test_plan_splits_a_prompt_over_the_budget():
    scheduler = Scheduler(1, 1, prefill_budget=3)
    (one,) = sequences(prompt=7)
    scheduler.add([one])
    spans = []
    while one.prefilling:
        spans += [(part.start, part.end) for part in scheduler.plan().prefills]
        one.cached = spans[-1][1]
        if one.cached == 7:
            one.tokens.append(1)
    assert spans == [(0, 3), (3, 6), (6, 7)]


def test_prompts_and_decoding_take_turns():
    scheduler = Scheduler(2, 4, prefill_budget=2)
    (running,) = sequences(prompt=2)
    scheduler.add([running])
    prefilled(scheduler)
    (long,) = sequences(prompt=6)
    scheduler.add([long])
    kinds = []
    for _ in range(4):
        plan = scheduler.plan()
        kinds.append("decode" if plan.decodes else "prefill")
        for part in plan.prefills:
            part.sequence.cached = part.end
    assert kinds == ["decode", "prefill", "decode", "prefill"]


def test_add_refuses_over_the_queue_and_takes_all_or_none():
    scheduler = Scheduler(max_streams=1, max_queue=1, prefill_budget=8)
    scheduler.add(sequences(n=2))
    with pytest.raises(Overloaded):
        scheduler.add(sequences())
    assert len(scheduler.waiting) == 2


def test_remove_of_a_waiting_sequence_leaves_the_others():
    scheduler = Scheduler(1, 4, 8)
    one, two = sequences(n=2)
    scheduler.add([one, two])
    assert scheduler.remove(one) is None
    assert list(scheduler.waiting) == [two]


def test_idle_scheduler_plans_nothing():
    assert Scheduler(1, 1, 8).plan().sequences == []
