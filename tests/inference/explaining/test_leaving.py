from __future__ import annotations

import pytest

from inference.explaining.leaving import leave_one_out
from inference.explaining.reading import read
from inference.explaining.served import Served
from inference.explaining.tokens import tokens
from inference.types import Role
from tests.inference.explaining.conftest import PRIOR, serve, talk

QUESTION = (Role.USER, "my new card still has not arrived")


def test_without_the_instructions_the_answer_is_as_likely_as_after_the_question_alone(embedded, subject):
    served, record = serve(embedded, talk((Role.SYSTEM, "Be kind."), QUESTION))
    view = leave_one_out(subject, read(subject, served))
    alone = tokens(subject, read(subject, Served(talk(QUESTION), served.text, served.source)))
    (instructions,) = view.without
    assert (instructions.kind, instructions.message, instructions.text) == ("turn", 0, "Be kind.")
    assert view.mean_logprob == pytest.approx(record.mean_logprob, abs=1e-4)
    assert instructions.logprob_change == pytest.approx(alone.mean_logprob - view.mean_logprob, abs=1e-5)


def test_each_turn_of_the_history_that_was_read_is_left_out_in_its_turn(embedded, subject):
    served, _ = serve(embedded, talk())
    reading = read(subject, served)
    view = leave_one_out(subject, reading)
    assert [(one.kind, one.message, one.text) for one in view.without] == [
        ("turn", 2, "How do I order a card?"),
        ("turn", 3, "Open the app and choose Cards."),
    ]
    left = subject.renderer.without(served.request, reading.rendered, 3)
    names = [subject.spelled(token) for token in left if subject.vocabulary.is_control(token)]
    assert names == ["<|user|>", "<|end|>", "<|user|>", "<|end|>", "<|assistant|>"]


def test_sources_are_left_out_of_what_retrieval_says(embedded, subject):
    served, _ = serve(embedded, talk(QUESTION, prior=PRIOR))
    view = leave_one_out(subject, read(subject, served))
    nothing = leave_one_out(subject, read(subject, Served(talk(QUESTION), served.text, "card_arrival")))
    by_slug = {one.slug or one.kind: one for one in view.without}
    whole = by_slug["retrieval"]
    assert (view.source, list(by_slug)) == ("card_arrival", [*PRIOR, "retrieval"])
    assert whole.source_change == pytest.approx(nothing.source_probability - view.source_probability, abs=1e-5)
    assert whole.logprob_change == pytest.approx(nothing.mean_logprob - view.mean_logprob, abs=1e-5)
    assert by_slug["card_arrival"].source_change < 0 < by_slug["lost_or_stolen_card"].source_change


def test_the_probability_of_the_source_is_the_confidence_that_was_told(embedded, subject):
    engine = embedded.engine()
    engine.submit(talk(QUESTION, prior=PRIOR))
    chunk = next(output.chunk for _ in range(3) for output in engine.step() if output.chunk.citation)
    view = leave_one_out(subject, read(subject, Served(talk(QUESTION, prior=PRIOR), "x", chunk.citation.slug)))
    assert view.source_probability == pytest.approx(chunk.citation.confidence, abs=1e-5)


def test_a_continued_answer_names_no_source_so_that_turns_alone_are_left_out(llama, llama_subject):
    request = talk((Role.SYSTEM, "card"), (Role.USER, "my card"), prior=PRIOR, prefix="not", max_new_tokens=6)
    served, _ = serve(llama, request, None)
    view = leave_one_out(llama_subject, read(llama_subject, served))
    assert [(one.kind, one.message, one.source_change) for one in view.without] == [("turn", 0, None)]
