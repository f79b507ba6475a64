import json
from pathlib import Path

import pytest
from django.core.management import call_command

from chat.management.commands.benchmark import _questions


@pytest.mark.django_db(transaction=True)
def test_the_way_of_a_word_is_printed_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    call_command("benchmark", only="delivery", visitors=2, json=tmp_path / "figures.json")
    report = json.loads((tmp_path / "figures.json").read_text())
    assert (report["rows"], report["delivery"]["streams"]) == ([], 2)
    assert str(report["delivery"]["ms_p95"]) in capsys.readouterr().out


def test_questions_are_the_held_back_ones_or_a_files(tmp_path: Path):
    assert len(set(_questions(None))) == 77 * 6
    file = tmp_path / "rows.jsonl"
    file.write_text('{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}\n')
    assert _questions(file) == ["Hi"]
