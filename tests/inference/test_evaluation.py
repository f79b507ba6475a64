"""How answers are judged."""

from inference.evaluation import Answer, AnswerIndex, _groups, _judge, grams, repeats
from inference.training import Conversation, Turn
from inference.types import Role


def row(source: str, answer: str, language: str = "en", kind: str = "question") -> Conversation:
    turns = (Turn(Role.USER, "?"), Turn(Role.ASSISTANT, answer, source))
    return Conversation(turns, kind=kind, language=language)


KNOWN = [
    row("card_arrival", "Your card takes 5 to 7 working days by post."),
    row("pin_blocked", "Open Cards, then Unblock PIN, and try again."),
    row("-oos", "I can't help with that here."),
    row("card_arrival", "卡片需要5到7个工作日送达。", "zh-hans"),
]
INDEX = AnswerIndex(KNOWN)


def test_the_nearest_known_answer_in_the_same_language() -> None:
    assert INDEX.nearest("The card takes 5-7 working days.", "en") == "card_arrival"
    assert INDEX.nearest("卡需要5到7个工作日。", "zh-hans") == "card_arrival"
    assert (INDEX.nearest("卡需要5到7个工作日。", "en"), INDEX.nearest("", "en")) == ("", "")


def test_trigrams_ignore_case_and_spaces() -> None:
    assert grams("A bC d") == {"abc", "bcd"}


def test_three_times_the_same_is_a_repetition() -> None:
    assert repeats("please wait. " * 3)
    assert not repeats("Please wait. It takes 5 days. Please wait a little.")


def test_shares_by_kind_and_over_all_articles() -> None:
    right = _judge(KNOWN[0], Answer("card_arrival", "Your card takes 5 to 7 working days.", True), INDEX)
    only_text = _judge(KNOWN[1], Answer("-oos", "Open Cards, then Unblock PIN.", False), INDEX)
    refused = _judge(KNOWN[2], Answer("-oos", "I can't help with that here.", True), INDEX)
    groups = dict(_groups([right, only_text, refused]))
    assert list(groups) == ["all with an article", "question, en"]
    articles = groups["all with an article"]
    assert (articles.n, articles.source_right, articles.text_right, articles.ended, articles.refused) == (
        *(2, 0.5, 1.0, 0.5, 0.5),
    )
    assert groups["question, en"].n == 3
