"""The `train` command: thin, and plain about what goes wrong."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from inference.management.commands.train import describe, duration
from inference.training import Progress

TINY = {"layers": 1, "width": 16, "heads": 2, "vocabulary": 300, "positions": 64, "epochs": 1, "device": "cpu"}


def test_it_trains_and_says_where_the_checkpoint_is(tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    data.write_text("question,answer\nWhere is my card?,In the post.\n")
    out = StringIO()
    call_command("train", str(data), out=tmp_path / "model", stdout=out, **TINY)
    assert out.getvalue().splitlines()[-1] == f"The checkpoint is in {tmp_path / 'model'}."
    assert (tmp_path / "model" / "model.safetensors").is_file()


def test_a_wrong_file_is_one_sentence_with_the_line(tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    data.write_text("question,answer\nWhere is my card?\n")
    with pytest.raises(CommandError) as caught:
        call_command("train", str(data), out=tmp_path / "model", **TINY)
    assert str(caught.value) == f"{data}, line 2: 1 values where 2 are needed."


def test_settings_that_cannot_be_are_one_sentence_too(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as caught:
        call_command("train", "x.csv", out=tmp_path, **(TINY | {"heads": 3}))
    assert str(caught.value) == "The width (16) must be a multiple of the number of heads (3)."


def test_where_a_run_stands_in_a_plain_sentence() -> None:
    with translation.override("en"):
        progress = Progress("training", 5, 50, 1, 1.25, 4321.0, 125.0, 0.5)
        assert describe(progress) == "Step 5 of 50, epoch 2: loss 1.250, 50% right; 4,321 tokens/s, 2:05 left"
        assert describe(Progress("tokenizer")) == "Reading the data"
    assert duration(None) == "?"
