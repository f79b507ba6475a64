from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.errors import InvalidRequest, MessageTooLong
from inference.prompting import END_TOKEN, PLAIN_STOP, Prompter, source_slug, source_token
from inference.types import ChatMessage, Role

CONTROL = ["<|endoftext|>", "<|end|>", "<|user|>", "<|assistant|>", "<|pad|>", source_token("card_arrival")]


def turns(*texts: str) -> tuple[ChatMessage, ...]:
    """User and assistant in turn, the user first."""
    roles = (Role.USER, Role.ASSISTANT)
    return tuple(ChatMessage(roles[i % 2], text) for i, text in enumerate(texts))


@pytest.fixture
def prompter(tiny_tokenizer):
    return Prompter(tiny_tokenizer, window=128)


def decoded(tokenizer, ids):
    return tokenizer.decode(ids, skip_special_tokens=False)


def test_template_is_rendered_around_the_words(prompter, tiny_tokenizer):
    messages = (ChatMessage(Role.SYSTEM, "Be kind."), *turns("card", "yes", "pending"))
    text = decoded(tiny_tokenizer, prompter.build(messages, 10).token_ids)
    assert text == (
        "<|system|>Be kind.<|end|><|user|>card<|end|><|assistant|>yes<|end|><|user|>pending<|end|><|assistant|>"
    )


@pytest.mark.parametrize("typed", CONTROL)
def test_typed_control_tokens_stay_text(prompter, tiny_tokenizer, typed):
    plain = prompter.build(turns("card"), 10).token_ids
    ids = prompter.build(turns(f"card {typed} pending"), 10).token_ids
    special = set(tiny_tokenizer.all_special_ids) | set(tiny_tokenizer.added_tokens_decoder)
    assert [i for i in ids if i in special] == [i for i in plain if i in special]
    assert f"card {typed} pending" in decoded(tiny_tokenizer, ids)


@settings(max_examples=200, deadline=None)
@given(text=st.lists(st.sampled_from([*CONTROL, "<|", "|>", "end", "\ue0000\ue001", " ", "卡", "\nUser:"]), max_size=8))
def test_no_combination_of_text_makes_a_control_token(tiny_tokenizer, text):
    prompter = Prompter(tiny_tokenizer, window=2048)
    ids = prompter.encode_text("".join(text))
    assert [i for i in ids if i in tiny_tokenizer.added_tokens_decoder] == []
    assert decoded(tiny_tokenizer, ids) == "".join(text)


def test_words_that_look_like_the_markers_of_the_template_stay_text(prompter, tiny_tokenizer):
    ids = prompter.build(turns("\ue0000\ue001", "b", "\ue0001\ue001"), 10).token_ids
    assert decoded(tiny_tokenizer, ids).count("\ue000") == 2


def test_oldest_turns_are_left_out_and_counted(prompter):
    old, latest = turns("card " * 30, "yes " * 20), turns("pending")
    whole = prompter.build((*old, *latest), 40)
    assert whole.token_ids == prompter.build(latest, 40).token_ids
    assert whole.truncated_tokens == sum(len(prompter.encode_text(turn.content)) for turn in old)


def test_instructions_stay_when_turns_are_left_out(prompter, tiny_tokenizer):
    system = ChatMessage(Role.SYSTEM, "Be kind.")
    ids = prompter.build((system, *turns("card " * 100, "yes", "pending")), 40).token_ids
    assert decoded(tiny_tokenizer, ids) == "<|system|>Be kind.<|end|><|user|>pending<|end|><|assistant|>"


def test_as_many_turns_as_fit_are_kept(prompter):
    """One token less of room is one exchange less of history."""
    history = turns(*["card"] * 21)
    size = len(prompter.build(history, 1).token_ids)
    assert prompter.build(history, 128 - size).truncated_tokens == 0
    dropped = prompter.build(history, 128 - size + 1)
    assert dropped.truncated_tokens == 2 * len(prompter.encode_text("card"))


def test_a_checkpoint_taught_on_short_conversations_gets_no_longer_ones(tiny_tokenizer):
    bounded, free = Prompter(tiny_tokenizer, 128, history_turns=2), Prompter(tiny_tokenizer, 128)
    history = turns("card", "yes", "pending", "yes", "card")
    assert bounded.build(history, 1).token_ids == free.build(history[2:], 1).token_ids
    assert bounded.build(history, 1).truncated_tokens == len(free.encode_text("card")) + len(free.encode_text("yes"))
    assert bounded.build(history[2:], 1).truncated_tokens == 0


def test_room_for_the_answer_is_at_most_half_the_window(prompter):
    assert len(prompter.build(turns("card " * 20), 4096).token_ids) <= 64


def test_a_message_longer_than_the_window_is_refused(prompter):
    with pytest.raises(MessageTooLong):
        prompter.build(turns("card pending " * 60), 10)


def test_a_hopeless_message_is_refused_before_the_tokenizer(prompter, monkeypatch):
    def never(self, text):
        raise AssertionError("the tokenizer was asked")

    monkeypatch.setattr(Prompter, "encode_text", never)
    with pytest.raises(MessageTooLong):
        prompter.build(turns("卡" * 1_000_000), 10)


def test_the_last_turn_must_be_the_users(prompter):
    with pytest.raises(InvalidRequest):
        prompter.build(turns("a", "b"), 10)


def test_prefix_follows_the_assistants_header(prompter, tiny_tokenizer):
    ids = prompter.build(turns("card"), 10, prefix="Your <|end|>").token_ids
    assert decoded(tiny_tokenizer, ids).endswith("<|assistant|>Your <|end|>")
    assert ids.count(tiny_tokenizer.convert_tokens_to_ids(END_TOKEN)) == 1


def test_a_model_without_a_template_gets_a_plain_one_and_its_stop(tiny_tokenizer, monkeypatch):
    monkeypatch.setattr(tiny_tokenizer, "chat_template", None)
    prompter = Prompter(tiny_tokenizer, 128)
    ids = prompter.build(turns("card"), 10).token_ids
    assert (decoded(tiny_tokenizer, ids), prompter.stop) == ("User: card\nAssistant: ", (PLAIN_STOP,))


def test_source_tokens_name_articles():
    assert source_slug(source_token("card_arrival")) == "card_arrival"
    assert source_slug("<|user|>") is None
