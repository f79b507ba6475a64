from inference.engine.request import Sequence, sequences_of
from inference.engine.slots import Move, Slots
from inference.types import ChatMessage, Request, Role


def sequence(cached: int = 0) -> Sequence:
    (made,) = sequences_of(Request((ChatMessage(Role.USER, "x"),)), [1, 2], 0, 0.0)
    made.cached = cached
    return made


def taken(slots: Slots, *cached: int) -> list[Sequence]:
    made = [sequence(count) for count in cached]
    for one in made:
        slots.take(one)
    return made


def test_take_gives_rows_in_order():
    slots = Slots(3)
    assert [one.row for one in taken(slots, 5, 6, 7)] == [0, 1, 2]
    assert slots.full


def test_release_of_the_last_row_moves_nothing():
    slots = Slots(3)
    first, second = taken(slots, 5, 6)
    assert slots.release(second) is None
    assert (slots.used, second.row) == ([first], -1)


def test_release_in_the_middle_moves_the_last_row_into_the_gap():
    slots = Slots(3)
    first, second, third = taken(slots, 5, 6, 7)
    assert slots.release(first) == Move(source=2, target=0, length=7)
    assert (slots.used, third.row, second.row) == ([third, second], 0, 1)
