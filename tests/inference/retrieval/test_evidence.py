"""Evidence about the source of an answer: embeddings, keywords, and else the hits' scores."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

from inference import retrieval
from inference.knowledge import Document, Keyword, KnowledgeBase, Rule
from inference.retrieval import evidence as module
from inference.retrieval.evidence import evidence, source_prior
from inference.retrieval.index import Hit

DOCUMENTS = (
    Document("cards", "en", "My card has not arrived", "It takes a week."),
    Document("fees", "en", "What does a transfer cost?", "Nothing."),
)
PLAIN = KnowledgeBase("1", DOCUMENTS)
LEARNED = KnowledgeBase(
    "2",
    DOCUMENTS,
    (
        Rule("cards", (Keyword("card", 1.0),)),
        Rule("fees", (Keyword("cost", 2.0),)),
        Rule("-oos", (Keyword("weather", 3.0),)),
    ),
)


class Lookup:
    """Stands for the networks of a checkpoint: what they would say, and what they were asked."""

    def __init__(self) -> None:
        self.before: list[bool] = []

    def prior(self, question: np.ndarray, before: np.ndarray | None = None) -> dict[str, float]:
        self.before.append(before is not None)
        return {"cards": -1.0, "fees": -3.0, "-oos": -5.0}


class Ones:
    def embed(self, texts: list[str]) -> np.ndarray:
        return np.ones((len(texts), 384), np.float32)


@pytest.fixture
def by_meaning(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lookup]:
    before = retrieval.options()
    retrieval.configure("auto")
    monkeypatch.setattr(module, "load", Ones)
    monkeypatch.setattr("inference.retrieval.index.available", lambda: False)  # the hits by words alone
    yield Lookup()
    retrieval.configure(before.meaning, before.cache)


async def test_without_anything_learned_the_hits_scores_count():
    found = await evidence("my card has not arrived", "en", PLAIN)
    assert (found.by_meaning, found.prior) == (False, source_prior(found.hits))
    assert found.hits[0].slug == "cards"


async def test_keywords_take_the_place_of_scores():
    found = await evidence("what does it cost", "en", LEARNED)
    assert max(found.prior, key=found.prior.__getitem__) == "fees"
    assert sorted(found.prior) == ["-oos", "-talk", "cards", "fees"]
    assert math.isclose(sum(math.exp(value) for value in found.prior.values()), 1.0)
    # 4 for each point of keyword score, and the phrase "cost" has weight 2 alone.
    assert round(found.prior["fees"] - found.prior["cards"], 6) == 8.0


async def test_embeddings_and_keywords_are_added(by_meaning: Lookup):
    found = await evidence("what does it cost", "en", LEARNED, by_meaning)  # type: ignore[arg-type]
    assert found.by_meaning
    # 2 for each point of keyword score; outside begins at 1.6.
    assert {slug: round(value, 6) for slug, value in found.prior.items()} == {"cards": -1.0, "fees": 1.0, "-oos": -1.8}
    assert found.cpu_ms >= 0


async def test_a_later_question_is_read_with_the_one_before_and_without_keywords(by_meaning: Lookup):
    found = await evidence("what does it cost", "en", LEARNED, by_meaning, "my card")  # type: ignore[arg-type]
    assert (by_meaning.before, found.prior) == ([True], {"cards": -1.0, "fees": -3.0, "-oos": -5.0})


def test_scores_are_shares_of_what_was_found():
    prior = source_prior([Hit("cards", "en", 0.5), Hit("fees", "en", 0.25)])
    # Outside and small talk are as likely as the best hit; 0.5 is left for what was not found.
    shares = {slug: round(math.exp(value), 6) for slug, value in prior.items()}
    whole = 0.5 + 0.25 + 0.5 + 0.5 + 0.5
    expected = {"cards": 0.5, "fees": 0.25, "-oos": 0.5, "-talk": 0.5}
    assert shares == {slug: round(score / whole, 6) for slug, score in expected.items()}
    assert source_prior([]) == {}
