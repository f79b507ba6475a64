"""chat/limits.py: sizes and rates. The clock is the test's."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.utils.translation import override

from chat import limits
from chat.errors import RateLimited, TooLong
from chat.limits import TokenBucket, address_of, check_length, check_rates


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 6_000_000.0

    def time(self) -> float:
        """Seconds."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> Clock:
    """Three a minute for each visitor, two for each conversation."""
    clock = Clock()
    monkeypatch.setattr(limits, "time", clock)
    settings.CHAT_LIMITS = {"message_chars": 5, "rate_visitor": (3, 60), "rate_conversation": (2, 60)}
    return clock


def _allowed(times: int, **names: str) -> list[int | None]:
    """For each try, None or the seconds to wait."""
    found: list[int | None] = []
    for _ in range(times):
        try:
            check_rates("generate", names)
            found.append(None)
        except RateLimited as error:
            found.append(int(error.retry_after_s or 0))
    return found


def test_a_text_over_the_limit_is_refused(clock: Clock):
    check_length("12345")
    with pytest.raises(TooLong):
        check_length("123456")


def test_the_limit_holds_and_says_when_to_try_again(clock: Clock):
    assert _allowed(4, rate_visitor="ann") == [None, None, None, 80]
    clock.now += 79
    assert _allowed(1, rate_visitor="ann") == [1]
    clock.now += 1
    assert _allowed(2, rate_visitor="ann") == [None, 20]


def test_the_next_period_does_not_begin_with_a_clean_slate(clock: Clock):
    clock.now += 59
    assert _allowed(3, rate_visitor="ann") == [None] * 3
    clock.now += 2
    assert _allowed(1, rate_visitor="ann") == [19]


def test_after_two_periods_everything_is_forgotten(clock: Clock):
    assert _allowed(3, rate_visitor="ann") == [None] * 3
    clock.now += 120
    assert _allowed(3, rate_visitor="ann") == [None] * 3


def test_waiting_as_long_as_was_said_is_enough(clock: Clock):
    for moment in range(0, 60, 7):
        clock.now = 6_000_000.0 + 600 * moment + moment
        _allowed(3, rate_visitor=f"at-{moment}")
        wait_s = _allowed(1, rate_visitor=f"at-{moment}")[0]
        assert wait_s is not None
        clock.now += wait_s
        assert _allowed(1, rate_visitor=f"at-{moment}") == [None]


def test_people_are_counted_apart(clock: Clock):
    assert _allowed(3, rate_visitor="ann") == [None] * 3
    assert _allowed(1, rate_visitor="bob") == [None]


def test_actions_are_counted_apart(clock: Clock):
    assert _allowed(3, rate_visitor="ann") == [None] * 3
    check_rates("create", {"rate_visitor": "ann"})


def test_what_one_limit_refuses_does_not_count_on_another(clock: Clock):
    names = {"rate_visitor": "ann", "rate_conversation": "c"}
    assert _allowed(2, **names) == [None, None]
    assert [wait is None for wait in _allowed(5, **names)] == [False] * 5
    assert [wait is None for wait in _allowed(2, rate_visitor="ann")] == [True, False]


def test_the_sentence_says_how_long_in_the_visitors_language(clock: Clock):
    _allowed(3, rate_visitor="ann")
    with override("en"), pytest.raises(RateLimited) as caught:
        check_rates("generate", {"rate_visitor": "ann"})
    assert caught.value.detail == "Too many messages in a short time. Please try again in 80 seconds."


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "address"),
    [
        ("10.0.0.1", "", False, "10.0.0.1"),
        ("10.0.0.1", "1.2.3.4", False, "10.0.0.1"),
        ("10.0.0.1", "6.6.6.6, 1.2.3.4", True, "1.2.3.4"),
        ("10.0.0.1", "", True, "10.0.0.1"),
        ("10.0.0.1", "junk", True, "unknown"),
        ("2001:db8::1", "", False, "2001:db8::/64"),
        ("", "", False, "unknown"),
    ],
)
def test_the_address_is_the_last_proxys_word(
    settings: LazySettings, peer: str, forwarded: str, trusted: bool, address: str
):
    settings.TRUSTED_PROXY = trusted
    assert address_of(peer, forwarded) == address


def test_a_bucket_takes_its_burst_and_then_its_rate():
    bucket = TokenBucket(burst=2, per_s=0.5)
    assert [bucket.take(at) for at in (0, 0, 0, 1, 2, 2, 100, 100, 100)] == [
        *(True, True, False),
        *(False, True, False),
        *(True, True, False),
    ]
