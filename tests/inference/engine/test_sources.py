"""The token that names the source: evidence is mixed in, and what it says is told before the first word."""

from __future__ import annotations

import math

import pytest
import torch

from inference.engine.engine import Engine, Limits
from inference.engine.sources import SourceTokens
from inference.types import ChatMessage, Citation, Request, Role, Sampling

SLUGS = {3: "cards", 5: "fees", 6: "-oos"}


@pytest.fixture
def tokens() -> SourceTokens:
    return SourceTokens(SLUGS, torch.device("cpu"))


def test_probabilities_are_multiplied(tokens: SourceTokens):
    logits = torch.log(torch.tensor([0.1, 0.1, 0.1, 0.2, 0.1, 0.3, 0.1]))
    prior = {"cards": math.log(0.6), "fees": math.log(0.2), "-oos": math.log(0.2)}
    shares = tokens.mix(logits, prior)[[3, 5, 6]].softmax(0)
    expected = torch.tensor([0.2 * 0.6, 0.3 * 0.2, 0.1 * 0.2])
    torch.testing.assert_close(shares, expected / expected.sum())


def test_other_tokens_keep_their_logits(tokens: SourceTokens):
    logits = torch.arange(7.0)
    mixed = tokens.mix(logits, {"fees": math.log(0.9)})
    assert mixed[[0, 1, 2, 4]].tolist() == [0.0, 1.0, 2.0, 4.0]
    torch.testing.assert_close(mixed.logsumexp(0), logits.logsumexp(0))


def test_what_the_evidence_does_not_mention_shares_the_rest(tokens: SourceTokens):
    mixed = tokens.mix(torch.zeros(7), {"fees": math.log(0.8)})
    torch.testing.assert_close(mixed[[3, 5, 6]].softmax(0), torch.tensor([0.1, 0.8, 0.1]))


def test_no_evidence_changes_nothing(tokens: SourceTokens):
    logits = torch.arange(7.0)
    assert tokens.mix(logits, {}) is logits


def test_a_citation_has_its_share_and_the_runner_up(tokens: SourceTokens):
    logits = torch.log(torch.tensor([0.9, 0.1, 0.1, 0.2, 0.1, 0.7, 0.1]))
    cited = tokens.cite(logits, 5)
    assert cited is not None
    assert (cited.slug, cited.runner_up) == ("fees", "cards")
    assert (round(cited.confidence, 6), round(cited.runner_up_confidence, 6)) == (0.7, 0.2)


def test_a_word_cites_nothing(tokens: SourceTokens):
    assert tokens.cite(torch.zeros(7), 2) is None


@pytest.fixture(scope="module")
def embedded():
    from inference import checkpoints

    checkpoint = checkpoints.resolve("embedded")
    model = checkpoints.load_model(checkpoint, torch.float32, torch.device("cpu"))
    return Engine(model, checkpoints.load_tokenizer(checkpoint), limits=Limits(4, 8), history_turns=2)


def ask(engine: Engine, **options) -> list:
    sampling = options.pop("sampling", Sampling(max_new_tokens=24))
    engine.submit(Request((ChatMessage(Role.USER, "My new card has not arrived yet"),), sampling, **options))
    chunks = []
    while not engine.idle:
        chunks += [output.chunk for output in engine.step()]
    return chunks


def citations(chunks: list) -> list[Citation]:
    return [chunk.citation for chunk in chunks if chunk.citation is not None]


def test_the_citation_comes_once_and_before_the_first_word(embedded: Engine):
    chunks = [chunk for chunk in ask(embedded) if chunk.waiting is None]
    assert [chunk.citation is not None for chunk in chunks] == [True] + [False] * (len(chunks) - 1)
    assert (citations(chunks)[0].slug, chunks[-1].completion.sources) == ("card_arrival", ("card_arrival",))
    assert chunks[-1].completion.cpu_ms > 0


def test_evidence_can_turn_the_choice(embedded: Engine):
    chunks = ask(embedded, source_prior={"card_arrival": -60.0, "card_delivery_estimate": -0.01})
    assert citations(chunks)[0].slug == "card_delivery_estimate"
    assert chunks[-1].completion.sources == ("card_delivery_estimate",)


def test_a_sampled_answer_keeps_the_source(embedded: Engine):
    sources = {
        citations(ask(embedded, sampling=Sampling(temperature=2.0, seed=seed, max_new_tokens=2)))[0].slug
        for seed in range(12)
    }
    assert sources == {"card_arrival"}


def test_an_answer_that_goes_on_names_no_source(embedded: Engine):
    assert citations(ask(embedded, prefix="Your card", source_prior={"fees": -0.1})) == []
