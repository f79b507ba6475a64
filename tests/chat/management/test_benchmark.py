import json
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from chat.management.commands.benchmark import _questions


@pytest.mark.django_db(transaction=True)
def test_the_way_of_a_word_is_printed_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    call_command("benchmark", only="delivery", visitors=2, json=tmp_path / "figures.json")
    report = json.loads((tmp_path / "figures.json").read_text())
    assert (report["rows"], report["delivery"]["streams"]) == ([], 2)
    assert report["delivery"]["pieces"] >= 2
    assert 0 < report["delivery"]["ms_p50"] <= report["delivery"]["ms_p95"]
    assert str(report["delivery"]["ms_p95"]) in capsys.readouterr().out


def test_the_load_that_a_server_process_carries(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    call_command("benchmark", web=True, streams=[20], idle=30, processes=1, seconds=3, json=tmp_path / "figures.json")
    found = json.loads((tmp_path / "figures.json").read_text())["web"]
    assert (found["processes"], found["streams"], found["idle"]) == (1, 20, 30)
    assert (found["failures"], found["complaints"]) == ({}, [])
    assert found["words"] > 0
    assert found["late_ms_p50"] <= found["late_ms_p95"] <= found["late_ms_p99"] <= found["late_ms_max"]
    assert str(found["late_ms_p95"]) in capsys.readouterr().out


def test_two_processes_need_servers_that_they_can_share(settings: LazySettings):
    settings.REDIS_URL = ""
    with pytest.raises(CommandError, match="REDIS_URL"):
        call_command("benchmark", web=True, processes=2)


def test_questions_are_the_held_back_ones_or_a_files(tmp_path: Path):
    assert len(set(_questions(None))) == 77 * 6
    file = tmp_path / "rows.jsonl"
    file.write_text('{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}\n')
    assert _questions(file) == ["Hi"]
