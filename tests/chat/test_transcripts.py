"""chat/transcripts.py: which messages of the tree are shown, and how they are labelled."""

from __future__ import annotations

import uuid

import pytest

from chat.models import Generation
from chat.transcripts import PART, read, summaries, used_values
from tests.chat.admin.conftest import Talk

pytestmark = pytest.mark.django_db


def texts(transcript):
    return [entry.message.content for entry in transcript.entries]


def three_versions():
    talk = Talk()
    question = talk.ask("Where is my card?")
    answers = [talk.answer(f"Answer {number}", parent=question) for number in (1, 2, 3)]
    talk.ask("And then?", parent=answers[1])
    return talk, answers


def test_the_active_branch_is_shown_with_its_versions_numbered():
    talk, _ = three_versions()
    transcript = read(talk.conversation)
    assert texts(transcript) == ["Where is my card?", "Answer 2", "And then?"]
    assert transcript.active is True
    answer = transcript.entries[1]
    assert (answer.number, answer.active_number, len(answer.versions)) == (2, 2, 3)


def test_another_version_is_shown_with_what_follows_it():
    talk, answers = three_versions()
    transcript = read(talk.conversation, answers[2].public_id)
    assert texts(transcript) == ["Where is my card?", "Answer 3"]
    assert transcript.active is False
    assert (transcript.entries[1].number, transcript.entries[1].active_number) == (3, 2)


def test_another_version_of_the_first_question_begins_another_branch():
    talk = Talk()
    first = talk.ask("Frist")
    talk.answer("What?")
    talk.ask("First", parent=None)
    assert texts(read(talk.conversation)) == ["First"]
    assert texts(read(talk.conversation, first.public_id)) == ["Frist", "What?"]


def test_an_unknown_version_shows_the_active_branch():
    talk, _ = three_versions()
    assert texts(read(talk.conversation, uuid.uuid4())) == ["Where is my card?", "Answer 2", "And then?"]


def test_a_message_of_another_conversation_shows_the_active_branch():
    talk, _ = three_versions()
    other = Talk().ask("Somebody else's")
    assert texts(read(talk.conversation, other.public_id)) == ["Where is my card?", "Answer 2", "And then?"]


def test_without_an_active_leaf_the_newest_message_decides():
    talk, _ = three_versions()
    talk.conversation.active_leaf = None
    assert texts(read(talk.conversation)) == ["Where is my card?", "Answer 2", "And then?"]


def test_an_empty_conversation_has_one_empty_part():
    transcript = read(Talk().conversation)
    assert (transcript.entries, transcript.active, transcript.part, transcript.parts) == ([], True, 1, 1)


def test_a_long_branch_comes_in_parts():
    talk = Talk()
    messages = [talk.ask(str(number)) for number in range(PART + 1)]
    assert texts(read(talk.conversation)) == [str(number) for number in range(PART)]
    assert texts(read(talk.conversation, part=2)) == [str(PART)]
    assert texts(read(talk.conversation, part=99)) == [str(PART)]
    assert texts(read(talk.conversation, messages[-1].public_id)) == [str(PART)]


def test_answers_are_rendered_and_questions_are_not():
    talk = Talk()
    talk.ask("**mine**")
    talk.answer("**yours**")
    assert [entry.html for entry in read(talk.conversation).entries] == ["", "<p><strong>yours</strong></p>\n"]


def test_each_message_has_the_language_of_its_text():
    talk = Talk(language="zh-hans")
    talk.ask("我的卡丢了")
    talk.answer("Please block it at once.")
    talk.ask("???")
    assert [entry.language for entry in read(talk.conversation).entries] == ["zh-hans", "en", "zh-hans"]


def test_summaries_count_by_status_and_by_value():
    talk = Talk()
    talk.ask("a")
    good = talk.answer("b")
    talk.answer("c", status="failed")
    talk.rate(good, 1)
    talk.rate(good, -1, actor="user:1")
    Talk().ask("other")
    summary = summaries([talk.conversation])[talk.conversation.pk]
    assert dict(summary.statuses) == {"complete": 2, "failed": 1}
    assert dict(summary.ratings) == {1: 1, -1: 1}


def test_used_values_are_each_there_once(django_assert_num_queries):
    talk = Talk()
    for number, backend in enumerate(["rules", "default", "rules", ""]):
        talk.answer(str(number), {"backend": backend})
    with django_assert_num_queries(1):
        assert used_values("backend") == ["default", "rules"]
    Generation.objects.all().delete()
    assert used_values("backend") == []
