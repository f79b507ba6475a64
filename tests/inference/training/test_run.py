"""Whole runs on a tiny network: what they leave, what they learn, and that a killed one goes on as if nothing was."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from inference.checkpoints import file_sha256
from inference.evaluation import GreedyAnswerer
from inference.retrieval.meaning import available
from inference.training import Progress, TrainingError, TrainingOptions, state, train
from inference.training.loop import Loop
from inference.types import ChatMessage, Role


class Killed(Exception):
    """Stands for SIGKILL: nothing of the run is tidied up."""


def dies_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    take_step = Loop._step

    def fatal(loop: Loop, examples: list) -> None:
        if loop.position.step == step:
            raise Killed
        take_step(loop, examples)

    monkeypatch.setattr(Loop, "_step", fatal)


def weights(out: Path) -> dict[str, torch.Tensor]:
    return torch.load(out / state.FOLDER / state.STATE_FILE, weights_only=True)["model"]


def test_it_learns_a_corpus_by_heart_and_leaves_a_checkpoint(options: TrainingOptions, corpus: Path) -> None:
    news: list[Progress] = []
    learn = replace(options, validation=corpus, epochs=45, learning_rate=0.02, dropout=0.0, augment=0.0, text_weight=1)
    metrics = train(learn, news.append)
    groups = metrics["validation"]["groups"]
    assert groups["question, en"] == {
        "n": 6,
        "source_right": 1.0,
        "text_right": 1.0,
        "ended": 1.0,
        "repeats": 0.0,
        "refused": 0.3333,
    }
    assert [item.phase for item in (news[0], news[-1])] == ["tokenizer", "evaluation"]
    assert metrics == json.loads((options.out / "metrics.json").read_text())
    answer = GreedyAnswerer(str(options.out), "cpu").answer([(ChatMessage(Role.USER, "卡还没到"),)])[0]
    assert (answer.source, answer.text, answer.ended) == ("card_arrival", "需要5天。", True)


def test_what_lies_in_the_folder(options: TrainingOptions) -> None:
    train(replace(options, epochs=1))
    names = {path.name for path in options.out.iterdir()}
    assert names == {
        *("model.safetensors", "config.json", "generation_config.json", "checkpoint.json"),
        *("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"),
        *("metrics.json", "loss.png", "README.md", "run"),
        *(["topics.safetensors"] if available() else []),
    }
    weights_file = options.out / "model.safetensors"
    tensors = load_file(weights_file)
    assert ({tensor.dtype for tensor in tensors.values()}, "lm_head.weight" in tensors) == ({torch.float16}, False)
    manifest = json.loads((options.out / "checkpoint.json").read_text())
    assert manifest["sha256"] == file_sha256(weights_file, 0)
    ends = json.loads((options.out / "generation_config.json").read_text())
    assert (ends["eos_token_id"], ends["pad_token_id"], ends["do_sample"]) == (1, 0, False)
    assert json.loads((options.out / "config.json").read_text())["architectures"] == ["GPT2LMHeadModel"]
    assert (options.out / "loss.png").read_bytes()[:4] == b"\x89PNG"


def test_a_killed_run_ends_with_the_weights_of_an_unbroken_one(
    options: TrainingOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = replace(options, epochs=3, save_seconds=0.0)
    train(whole)
    broken = replace(whole, out=options.out.with_name("broken"))
    with monkeypatch.context() as patch:
        dies_at(3, patch)
        with pytest.raises(Killed):
            train(broken)
    train(replace(broken, resume=True))
    ours, theirs = weights(whole.out), weights(broken.out)
    assert [name for name in ours if not torch.equal(ours[name], theirs[name])] == []


def test_a_kill_while_saving_leaves_the_last_state_whole(
    options: TrainingOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = replace(options, epochs=1, save_seconds=0.0)
    train(short)
    before = weights(short.out)

    def torn(value: object, file: object) -> None:
        file.write(b"half")
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", torn)
        with pytest.raises(Killed):
            train(replace(short, resume=True))
    assert torch.equal(weights(short.out)["transformer.wte.weight"], before["transformer.wte.weight"])


def test_it_never_writes_over_a_run_nor_goes_on_with_another(options: TrainingOptions) -> None:
    short = replace(options, epochs=1)
    train(short)
    with pytest.raises(TrainingError, match="is not empty: add --resume"):
        train(short)
    with pytest.raises(TrainingError, match="began with other settings or data"):
        train(replace(short, seed=1, resume=True))


def test_it_ends_in_time(options: TrainingOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = train(replace(options, epochs=2000, max_minutes=0.02))
    assert 0 < metrics["steps"] < 4000


def test_from_a_base_the_new_tokens_start_at_the_mean(options: TrainingOptions, corpus: Path, tmp_path: Path) -> None:
    train(replace(options, epochs=1))
    row = {"messages": [{"role": "user", "content": "Fees?"}, {"role": "assistant", "content": "", "source": "fees"}]}
    corpus.write_text(json.dumps(row), encoding="utf-8")
    out = tmp_path / "more"
    tiny = replace(options, base=str(options.out), out=out, epochs=1, learning_rate=1e-9)
    train(tiny)
    old, new = (AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32) for path in (options.out, out))
    tokenizer = AutoTokenizer.from_pretrained(out)
    rows = new.get_input_embeddings().weight
    assert rows.shape[0] == len(tokenizer) == old.get_input_embeddings().num_embeddings + 1
    fees = rows[tokenizer.convert_tokens_to_ids("<|source:fees|>")]
    assert torch.allclose(fees, old.get_input_embeddings().weight.mean(0), atol=1e-3)


def test_impossible_settings_are_refused(options: TrainingOptions) -> None:
    with pytest.raises(TrainingError, match=r"The width \(30\) must be a multiple of the number of heads \(4\)\."):
        replace(options, width=30, heads=4)
    with pytest.raises(TrainingError, match="must be above 0"):
        replace(options, batch=0)
