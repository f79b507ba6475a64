from __future__ import annotations

import json

import pytest
import torch

from inference import checkpoints
from inference.errors import CheckpointError

CPU = torch.device("cpu")


@pytest.fixture
def folder(tiny, tmp_path):
    tiny.model.save_pretrained(tmp_path)
    tiny.tokenizer.save_pretrained(tmp_path)
    checkpoints.write_manifest(tmp_path, trained_by="test")
    return tmp_path


def test_a_folder_gives_its_hash_model_and_tokenizer(folder, tiny):
    checkpoint = checkpoints.resolve(str(folder))
    assert checkpoint.sha256 == json.loads((folder / "checkpoint.json").read_text())["sha256"]
    model = checkpoints.load_model(checkpoint, torch.float32, CPU)
    assert torch.equal(model.transformer.wte.weight, tiny.model.transformer.wte.weight)
    assert checkpoints.load_tokenizer(checkpoint).get_vocab() == tiny.tokenizer.get_vocab()


def test_the_manifest_says_how_much_history_the_checkpoint_reads(folder):
    assert checkpoints.resolve(str(folder)).history_turns is None
    checkpoints.write_manifest(folder, history_turns=2)
    assert checkpoints.resolve(str(folder)).history_turns == 2


def test_changed_weights_are_refused(folder):
    weights = folder / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(CheckpointError, match="do not match their checksum"):
        checkpoints.resolve(str(folder))


def test_a_cut_file_without_a_manifest_is_refused_when_read(folder):
    (folder / "checkpoint.json").unlink()
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(CheckpointError, match="cannot be read"):
        checkpoints.load_model(checkpoints.resolve(str(folder)), torch.float32, CPU)


def test_pickled_weights_are_not_looked_at(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match=r"has no model\.safetensors"):
        checkpoints.resolve(str(folder))


def test_a_missing_tokenizer_is_one_sentence(folder):
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()
    with pytest.raises(CheckpointError, match="tokenizer"):
        checkpoints.load_tokenizer(checkpoints.resolve(str(folder)))


@pytest.mark.parametrize("name", ["no/such/folder/anywhere", "../x", "not-there-either"])
def test_a_name_that_is_nowhere_is_one_sentence(name, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(CheckpointError, match=f"There is no checkpoint {name}"):
        checkpoints.resolve(name)
