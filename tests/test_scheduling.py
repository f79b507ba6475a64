"""tests/scheduling.py: the order of the suite, and who runs what."""

from __future__ import annotations

from tests.scheduling import PROCESSES, portions, processes


def test_the_suite_and_folders_are_run_by_two_processes_single_files_by_one(monkeypatch):
    monkeypatch.delenv("PYTEST_XDIST_AUTO_NUM_WORKERS", raising=False)
    assert [processes(["tests"]), processes(["tests/chat", "tests/e2e"])] == [PROCESSES, PROCESSES]
    assert [processes(["tests/chat/test_tally.py"]), processes(["tests", "tests/a.py::test_b"])] == [0, 0]
    monkeypatch.setenv("PYTEST_XDIST_AUTO_NUM_WORKERS", "4")
    assert processes(["tests/a.py::test_b"]) == 4


def test_a_file_whose_tests_are_of_two_kinds_is_two_portions_in_their_order():
    rolled_back, emptying = ["a.py::one", "b.py::one[x::y]"], ["a.py::two", "a.py::three"]
    found = portions([*rolled_back, *emptying])
    assert list(found) == [*rolled_back, *emptying]
    assert list(found.values()) == ["1 a.py", "2 b.py", "3 a.py", "3 a.py"]
