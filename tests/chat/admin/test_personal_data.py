"""Personal data in transcripts, lists, ratings and exports: masked, until somebody with the right gives a reason."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from chat.models import PersonalDataRead
from tests.chat.admin.conftest import LIST, Talk, make_staff

SECRETS = ("jo@example.com", "13800138000", "4111 1111 1111 1111", "020 7946 0958")
BOTH = ("chat.read_transcripts", "chat.read_personal_data")


@pytest.fixture
def talk(db: None) -> Talk:
    """A visitor who tells everything."""
    talk = Talk(title="Mail jo@example.com")
    talk.ask("I am jo@example.com, card 4111 1111 1111 1111")
    explanation = {"rules": [{"words": ["13800138000"]}]}
    answer = talk.answer("Thank **you**, we ring 020 7946 0958 then.", {"explanation": explanation})
    talk.rate(answer, -1, comment="我的电话13800138000请回电")
    return talk


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def shown(client: Client, address: str) -> list[str]:
    """Which of the secrets a page says."""
    text = client.get(address).content.decode()
    return [secret for secret in SECRETS if secret in text]


def export(client: Client, talk: Talk, kind: str = "jsonl") -> str:
    answer = client.post(LIST, {"action": f"export_{kind}", "_selected_action": [talk.conversation.pk], "index": "0"})
    return b"".join(answer.streaming_content).decode()  # type: ignore[arg-type, attr-defined]


def test_they_are_masked_wherever_staff_read(talk: Talk) -> None:
    client = client_of(make_staff(*BOTH, "chat.view_feedback"))
    feedback = talk.conversation.messages.get(role="assistant").feedback.get()
    pages = (talk.url, LIST, f"{LIST}{talk.conversation.pk}/history/", "/admin/chat/feedback/")
    for address in (*pages, f"/admin/chat/feedback/{feedback.pk}/change/"):
        assert (address, shown(client, address)) == (address, [])
    text = client.get(talk.url).content.decode()
    assert "I am ‹e-mail address›, card ‹card number›" in text
    assert "Thank <strong>you</strong>, we ring ‹phone number› then." in text
    for kind in ("jsonl", "csv"):
        assert [secret for secret in SECRETS if secret in export(client, talk, kind)] == []


def test_a_reason_shows_them_to_this_reader_in_this_conversation_for_a_while(talk: Talk) -> None:
    reader = make_staff(*BOTH)
    client, other = client_of(reader), Talk(title="Another")
    other.ask("I am jo@example.com")
    answer = client.post(f"{LIST}{talk.conversation.pk}/personal_data/", {"reason": " Refund of\n7 May "})
    assert (answer.status_code, answer["Location"]) == (302, talk.url)
    row = PersonalDataRead.objects.get()
    assert (row.reader, row.conversation, row.reason) == (reader, talk.conversation, "Refund of 7 May")
    assert len(shown(client, talk.url)) == 4
    assert "Your reason: Refund of 7 May" in client.get(talk.url).content.decode()
    assert json.loads(export(client, talk))["title"] == "Mail jo@example.com"
    assert shown(client, other.url) == []
    assert shown(client_of(make_staff(*BOTH)), talk.url) == []
    PersonalDataRead.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert shown(client, talk.url) == []
    assert [secret for secret in SECRETS if secret in export(client, talk)] == []


def test_without_the_right_nobody_is_asked_and_nobody_is_shown(talk: Talk) -> None:
    reader = make_staff("chat.read_transcripts")
    client = client_of(reader)
    assert "personal_data" not in client.get(talk.url).content.decode()
    assert client.post(f"{LIST}{talk.conversation.pk}/personal_data/", {"reason": "Curious"}).status_code == 403
    PersonalDataRead.objects.create(
        conversation=talk.conversation, reader=reader, reason="x", until=timezone.now() + timedelta(hours=1)
    )
    assert shown(client, talk.url) == []  # the right was taken away since
    stranger = client_of(make_staff("chat.read_personal_data"))
    assert stranger.post(f"{LIST}{talk.conversation.pk}/personal_data/", {"reason": "Curious"}).status_code == 403
    assert PersonalDataRead.objects.count() == 1


def test_no_reason_opens_nothing(talk: Talk) -> None:
    client = client_of(make_staff(*BOTH))
    client.post(f"{LIST}{talk.conversation.pk}/personal_data/", {"reason": "  \0 "})
    assert PersonalDataRead.objects.count() == 0
    assert client.post(f"{LIST}0/personal_data/", {"reason": "x"}).status_code == 302


def test_the_log_says_who_and_why_and_cannot_be_changed(talk: Talk) -> None:
    client_of(make_staff(*BOTH)).post(f"{LIST}{talk.conversation.pk}/personal_data/", {"reason": "Refund of 7 May"})
    client = client_of(make_staff("chat.view_personaldataread"))
    text = client.get("/admin/chat/personaldataread/").content.decode()
    assert ("Refund of 7 May" in text, str(talk.conversation.public_id) in text) == (True, True)
    row = PersonalDataRead.objects.get()
    assert "Refund of 7 May" in client.get(f"/admin/chat/personaldataread/{row.pk}/change/").content.decode()
    assert client.post(f"/admin/chat/personaldataread/{row.pk}/change/", {"reason": "None"}).status_code == 403
    assert client_of(make_staff(*BOTH)).get("/admin/chat/personaldataread/").status_code == 403


def test_a_conversation_without_any_asks_for_no_reason(db: None) -> None:
    talk = Talk(title="Lost card")
    talk.ask("Order 4839201748392017 of 2026-11-23 for £29.99")
    text = client_of(make_staff(*BOTH)).get(talk.url).content.decode()
    assert ("masked" in text, "Order 4839201748392017 of 2026-11-23" in text) == (False, True)
