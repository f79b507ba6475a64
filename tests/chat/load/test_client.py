from array import array

from chat.load.client import Tally, Window, figures, share


def test_a_share_is_a_value_that_was_seen():
    assert [share([1.0, 2.0, 3.0], percent) for percent in (50, 95, 100)] == [2.0, 3.0, 3.0]
    assert share([float(number) for number in range(100)], 95) == 95.0
    assert share([], 95) == 0.0


def test_only_words_within_the_time_count():
    tally = Tally()
    tally.times, tally.late_ms = array("d", [9.0, 10.0, 11.0, 12.0, 13.0]), array("d", [500.0, 10.0, 30.0, 20.0, 900.0])
    tally.updates, tally.first_ms = array("d", [9.0, 10.0, 12.0, 13.0]), array("d", [70.0])
    found = figures(tally, Window(10.0, 12.0, 0.5, array("d", [2.0, 1.0])))
    assert (found["words"], found["words_per_s"], found["updates_per_s"], found["seconds"]) == (3, 2, 1, 2.0)
    assert [found[f"late_ms_{name}"] for name in ("p50", "p95", "max")] == [20.0, 30.0, 30.0]
    assert (found["client_late_ms_max"], found["client_cpu_s"], found["first_word_ms_p95"]) == (2.0, 0.5, 70.0)
