"""Conversations as token ids: the template's form, what counts, what is left out."""

import random
from dataclasses import replace
from typing import Any

import pytest

from inference.prompting import Prompter
from inference.training import Conversation, DatasetError, TrainingOptions, Turn
from inference.training.encode import Encoder, Epochs, Example, microbatches
from inference.types import ChatMessage, Role


@pytest.fixture
def encoder(tokenizer: Any, options: TrainingOptions) -> Encoder:
    return Encoder(tokenizer, replace(options, augment=0.0, text_weight=0.25), 96)


def counted(tokenizer: Any, example: Example) -> list[tuple[str, float]]:
    pairs = zip(example.ids, example.weights, strict=True)
    return [(tokenizer.decode([i]), weight) for i, weight in pairs if weight]


def test_a_row_is_what_the_engine_will_ask_and_its_answer(
    encoder: Encoder, rows: list[Conversation], tokenizer: Any
) -> None:
    for row in (rows[0], rows[-1]):
        messages = tuple(ChatMessage(turn.role, turn.content) for turn in row.turns[:-1])
        prompt = Prompter(tokenizer, 96).build(messages, 10).token_ids
        example = encoder.probe(row, with_text=True)
        assert example.ids[: len(prompt)] == prompt
        assert tokenizer.decode(example.ids[len(prompt) :]) == "<|source:card_arrival|>It takes 5 days.<|end|>"
        assert example.weights[: len(prompt)] == [0.0] * len(prompt)


def test_the_source_counts_one_and_the_words_less(encoder: Encoder, rows: list[Conversation], tokenizer: Any) -> None:
    assert counted(tokenizer, encoder.probe(rows[0], with_text=False)) == [("<|source:card_arrival|>", 1.0)]
    source, *words = counted(tokenizer, encoder.probe(rows[0], with_text=True))
    assert source == ("<|source:card_arrival|>", 1.0)
    assert ("".join(text for text, _ in words), {weight for _, weight in words}) == ("It takes 5 days.<|end|>", {0.25})


def test_without_sources_every_word_of_every_answer_counts_the_same(encoder: Encoder, tokenizer: Any) -> None:
    turns = (Turn(Role.USER, "Hi"), Turn(Role.ASSISTANT, "One."), Turn(Role.USER, "And?"), Turn(Role.ASSISTANT, "Two."))
    words = counted(tokenizer, encoder.example(Conversation(turns), random.Random(0)))
    assert ("".join(text for text, _ in words), {weight for _, weight in words}) == ("One.<|end|>Two.<|end|>", {1.0})


def test_an_answer_may_go_on_without_its_source_but_not_begin_so(
    encoder: Encoder, rows: list[Conversation], tokenizer: Any
) -> None:
    examples = [encoder.example(rows[0], random.Random(seed)) for seed in range(100)]
    without = [example for example in examples if 1.0 not in example.weights]
    assert 0 < len(without) < 30
    assert "".join(text for text, _ in counted(tokenizer, without[0])) == "t takes 5 days.<|end|>"


def test_answer_share_says_how_often_the_text_is_seen(encoder: Encoder, rows: list[Conversation]) -> None:
    row = replace(rows[0], answer_share=0.2)
    lengths = [sum(map(bool, encoder.example(row, random.Random(seed)).weights)) for seed in range(300)]
    assert 30 < sum(length > 1 for length in lengths) < 90


def test_the_oldest_turns_are_left_out(encoder: Encoder, rows: list[Conversation], tokenizer: Any) -> None:
    past = (Turn(Role.USER, "x" * 30), Turn(Role.ASSISTANT, "y" * 30)) * 5
    example = encoder.probe(replace(rows[0], turns=past + rows[0].turns), with_text=True)
    assert len(example.ids) <= 96
    assert tokenizer.decode(example.ids).endswith(
        "<|user|>Where is my card?<|end|><|assistant|><|source:card_arrival|>It takes 5 days.<|end|>"
    )


def test_a_row_that_is_too_long_is_named(encoder: Encoder, rows: list[Conversation]) -> None:
    row = replace(rows[3], turns=(Turn(Role.USER, "z" * 200), *rows[3].turns[1:]))
    with pytest.raises(DatasetError, match=r"^Line 4: \d+ tokens, and the model reads at most 96\.$"):
        encoder.probe(row, with_text=True)


def test_damaged_questions_are_the_same_every_time(tokenizer: Any, options: TrainingOptions, rows: Any) -> None:
    encoder = Encoder(tokenizer, replace(options, augment=1.0), 96)
    first = [encoder.example(rows[0], random.Random(seed)) for seed in range(20)]
    assert first == [encoder.example(rows[0], random.Random(seed)) for seed in range(20)]
    assert len({tuple(example.ids) for example in first}) > 10


def test_epochs_hold_every_row_by_its_weight(encoder: Encoder, options: TrainingOptions, rows: Any) -> None:
    weighted = [replace(rows[0], weight=2.5), replace(rows[1], weight=0.0), *rows[2:]]
    epochs = Epochs(weighted, encoder, options)
    sizes = [sum(len(step) for step in epochs.examples(epoch, 0)) for epoch in range(8)]
    assert set(sizes) == {13, 14}
    assert epochs.steps(0) == 2


def test_an_epoch_goes_on_from_any_step(encoder: Encoder, options: TrainingOptions, rows: Any) -> None:
    epochs = Epochs(rows, encoder, replace(options, batch=4))
    assert list(epochs.examples(3, 2)) == list(epochs.examples(3, 0))[2:]


def test_microbatches_hold_each_example_once_and_little_padding() -> None:
    rng = random.Random(0)
    examples = [Example([place] * rng.choice((9, 11, 20, 60, 64)), []) for place in range(100)]
    groups = microbatches(examples, tokens=1000)
    assert sorted(example.ids[0] for group in groups for example in group) == list(range(100))
    assert max(len(group[0].ids) * len(group) for group in groups) <= 1000
    assert all(len(group[-1].ids) >= 0.45 * len(group[0].ids) for group in groups)
