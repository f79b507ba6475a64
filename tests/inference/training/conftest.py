"""A tiny corpus and a tokenizer for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from inference.training import Conversation, TrainingOptions, read_dataset
from inference.training.tokenizer import train_tokenizer

QUESTIONS = {
    "card_arrival": ("Where is my card?", "my card has not come", "我的卡在哪里？", "卡还没到"),
    "pin_blocked": ("My PIN is blocked", "unblock the pin please", "密码被锁了", "怎么解锁PIN码"),
    "-oos": ("Will it rain?", "cook me a soup", "明天下雨吗", "帮我写首诗"),
}
ANSWERS = {
    "card_arrival": ("It takes 5 days.", "需要5天。"),
    "pin_blocked": ("Open Cards, then PIN.", "请打开卡片。"),
    "-oos": ("I can't help with that.", "这个帮不上忙。"),
}


def tiny_rows() -> list[dict[str, Any]]:
    """Twelve questions in two languages, and one of them after another turn."""
    rows = []
    for source, questions in QUESTIONS.items():
        for place, question in enumerate(questions):
            answer = {"role": "assistant", "content": ANSWERS[source][place // 2], "source": source}
            language = "en" if place < 2 else "zh-hans"
            messages = [{"role": "user", "content": question}, answer]
            rows.append({"messages": messages, "kind": "question", "language": language})
    past = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]
    return [*rows, {**rows[0], "messages": past + rows[0]["messages"], "kind": "follow_up"}]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Tiny networks only wait for each other's threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "train.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in tiny_rows()), encoding="utf-8")
    return path


@pytest.fixture
def rows(corpus: Path) -> list[Conversation]:
    return read_dataset(corpus)


@pytest.fixture
def tokenizer(rows: list[Conversation]) -> Any:
    return train_tokenizer(rows, 400)


@pytest.fixture
def options(corpus: Path, tmp_path: Path) -> TrainingOptions:
    """A network that learns the corpus by heart within seconds."""
    return TrainingOptions(
        corpus, tmp_path / "out", layers=1, width=32, heads=2, vocabulary=400, positions=96, batch=8, device="cpu"
    )
