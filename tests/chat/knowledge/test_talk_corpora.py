"""Questions from the published small-talk corpora."""

from collections import Counter

from chat.enums import Language
from chat.knowledge.sample_data import load_selection, load_small_talk
from chat.knowledge.talk_corpora import CHITCHAT_CAP, chatterbot_questions, chitchat_questions

TOPICS = {entry.key for entry in load_small_talk()} | {"out_of_scope"}


def test_chatterbot_gives_questions_of_known_topics_in_both_languages() -> None:
    found = list(chatterbot_questions(load_selection()))
    assert {topic for _, topic, _ in found} - TOPICS == set()
    assert {language for language, _, _ in found} == set(Language)
    assert [text for _, _, text in found if not text or text in load_selection()["exclude"]] == []
    assert [text for language, _, text in found if language is Language.ENGLISH and text.isupper()] == []
    assert [text for language, _, text in found if language is Language.CHINESE and "?" in text] == []


def test_chitchat_gives_a_few_greetings_of_each_kind() -> None:
    found = list(chitchat_questions(load_selection()))
    counts = Counter(topic for _, topic, _ in found)
    assert set(counts) - TOPICS == set()
    assert max(counts.values()) == CHITCHAT_CAP
    assert ("hello_again", "hello?") in {(topic, text.lower()) for _, topic, text in found}
