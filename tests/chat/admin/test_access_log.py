"""The log of who has read what."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from chat.models import TranscriptRead
from tests.chat.admin.conftest import Talk, make_staff, signed_in

pytestmark = pytest.mark.django_db
URL = "/admin/chat/transcriptread/"


def test_readers_of_transcripts_do_not_see_the_log(staff_client):
    assert staff_client.get(URL).status_code == 403
    assert "Who has read this" not in staff_client.get(Talk().url).content.decode()


def test_the_log_shows_reader_kind_and_id_and_no_title(reader, staff_client):
    talk = Talk("A visitor's own words")
    staff_client.get(talk.url)
    html = signed_in(make_staff("chat.view_transcriptread")).get(URL).content.decode()
    assert (reader.username in html, str(talk.conversation.public_id) in html) == (True, True)
    assert ("own words" in html, talk.url in html) == (False, False)


def test_the_page_of_a_row_has_no_title_either(staff_client):
    staff_client.get(Talk("A visitor's own words").url)
    client = signed_in(make_staff("chat.view_transcriptread"))
    response = client.get(f"{URL}{TranscriptRead.objects.get().pk}/change/")
    assert (response.status_code, "own words" in response.content.decode()) == (200, False)


def test_a_transcript_leads_to_its_own_rows():
    client = signed_in(User.objects.create_superuser("root"))
    talk, other = Talk(), Talk()
    client.get(other.url)
    link = f"{URL}?conversation__id__exact={talk.conversation.pk}"
    assert link in client.get(talk.url).content.decode()
    rows = client.get(link).context["cl"].result_list
    assert [row.conversation_id for row in rows] == [talk.conversation.pk]


def test_a_row_outlives_its_reader():
    root = signed_in(User.objects.create_superuser("root"))
    TranscriptRead.objects.create(conversation=Talk().conversation, reader=None)
    assert "Account deleted" in root.get(URL).content.decode()


def test_not_even_a_superuser_can_write_to_the_log():
    root = signed_in(User.objects.create_superuser("root"))
    row = TranscriptRead.objects.create(conversation=Talk().conversation, reader=None)
    statuses = [
        root.get(f"{URL}add/").status_code,
        root.post(f"{URL}{row.pk}/change/", {"kind": "export"}).status_code,
        root.post(f"{URL}{row.pk}/delete/", {"post": "yes"}).status_code,
    ]
    assert statuses == [403, 403, 403]
    assert TranscriptRead.objects.count() == 1


@pytest.mark.parametrize("rows", [1, 3])
def test_the_log_takes_five_queries(rows, django_assert_num_queries):
    client = signed_in(make_staff("chat.view_transcriptread"))
    for _ in range(rows):
        TranscriptRead.objects.create(conversation=Talk().conversation, reader=make_staff())
    # Session, user, two for permissions; rows with readers and conversations.
    with django_assert_num_queries(5):
        client.get(URL)
