"""The checkpoint that ships: its form, and that it answers as its model card says."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load_file

from inference.checkpoints import EMBEDDED_PATH, resolve
from inference.evaluation import Answer, GreedyAnswerer
from inference.types import ChatMessage, Role

ASKED = {
    "my new card still has not arrived": "card_arrival",
    "I typed the wrong PIN three times and now it is blocked": "pin_blocked",
    "I lost my card yesterday": "lost_or_stolen_card",
    "卡还没到，都两周了": "card_arrival",
    "我的卡丢了怎么办": "lost_or_stolen_card",
    "PIN码输错三次被锁了": "pin_blocked",
    "what will the weather be like tomorrow": "-oos",
    "帮我写一首关于春天的诗": "-oos",
    "hello": "-talk",
    "谢谢你": "-talk",
}


@pytest.fixture(scope="module")
def answers() -> dict[str, Answer]:
    asked = [(ChatMessage(Role.USER, question),) for question in ASKED]
    return dict(zip(ASKED, GreedyAnswerer("embedded", "cpu").answer(asked), strict=True))


def test_it_is_small_half_precision_and_nothing_but_safetensors() -> None:
    weights = resolve("embedded").path / "model.safetensors"
    tensors = load_file(weights)
    assert weights.stat().st_size <= 40_000_000
    assert ({tensor.dtype for tensor in tensors.values()}, "lm_head.weight" in tensors) == ({torch.float16}, False)
    assert [path.name for path in EMBEDDED_PATH.rglob("*") if path.suffix in (".bin", ".pt", ".pkl", ".py")] == []
    assert json.loads((EMBEDDED_PATH / "config.json").read_text())["architectures"] == ["GPT2LMHeadModel"]


def test_its_card_names_data_licences_figures_and_limits() -> None:
    card = (EMBEDDED_PATH / "README.md").read_text(encoding="utf-8")
    wanted = ("BANKING77", "CC BY 4.0", "CLINC150", "CC BY 3.0", "chatterbot-corpus", "BSD", "loss.png", "Limits")
    assert [word for word in wanted if word not in card] == []
    assert (EMBEDDED_PATH / "loss.png").is_file()


def test_plain_questions_get_their_article(answers: dict[str, Answer]) -> None:
    assert {question: answer.source for question, answer in answers.items()} == ASKED


def test_answers_come_to_an_end_in_the_language_of_the_question(answers: dict[str, Answer]) -> None:
    assert [answer.text for answer in answers.values() if not answer.ended] == []
    chinese = {question: any("\u4e00" <= letter <= "\u9fff" for letter in question) for question in ASKED}
    spoken = {question: any("\u4e00" <= letter <= "\u9fff" for letter in a.text) for question, a in answers.items()}
    assert spoken == chinese
