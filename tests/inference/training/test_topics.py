"""Training the learned part of retrieval."""

from __future__ import annotations

import numpy as np
import pytest

from inference.training import topics
from inference.training.dataset import Conversation, Turn
from inference.training.topics import Question, fit, questions_of
from inference.types import Role


def row(*texts: str, source: str = "cards", weight: float = 1.0) -> Conversation:
    past = [Turn(Role.USER if i % 2 == 0 else Role.ASSISTANT, text) for i, text in enumerate(texts)]
    return Conversation((*past, Turn(Role.ASSISTANT, "Yes.", source)), weight)


def test_the_last_question_is_learned_with_the_one_before_it():
    rows = [row("a", weight=0.5), row("a", weight=2.0), row("b", source=""), row("c", "d", "e"), row("f", weight=0.0)]
    assert questions_of(rows) == [Question("a", "", "cards", 2.0), Question("e", "c", "cards", 1.0)]


def test_it_learns_what_it_is_shown(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(topics, "LEAST_STEPS", 150)
    monkeypatch.setattr(topics, "HIDDEN", 32)
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(3, 384)).astype(np.float32)
    labels = [i % 3 for i in range(90)]
    vectors = (centres[labels] + 0.3 * rng.normal(size=(90, 384))).astype(np.float32)
    nothing = np.zeros_like(vectors)
    questions = [Question(str(i), "", ("-oos", "cards", "fees")[label], 1.0) for i, label in enumerate(labels)]
    learned = fit(questions, vectors, nothing, seed=0)
    assert learned.sources == ("-oos", "cards", "fees")
    assert learned.log_probabilities(centres, nothing[:3]).argmax(1).tolist() == [0, 1, 2]
    again = fit(questions, vectors, nothing, seed=0)
    np.testing.assert_array_equal(learned.members[0].hidden, again.members[0].hidden)
