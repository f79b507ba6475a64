"""The list of ratings."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from tests.chat.admin.conftest import Talk, make_staff, signed_in

pytestmark = pytest.mark.django_db
URL = "/admin/chat/feedback/"


@pytest.fixture
def client(db):
    return signed_in(make_staff("chat.view_feedback"))


def comments(client, query: str = "") -> list[str]:
    return [row.comment for row in client.get(URL + query).context["cl"].result_list]


def rated() -> Talk:
    talk = Talk()
    question = talk.ask("q")
    old = talk.answer("old", parent=question)
    talk.answer("new", parent=question)
    talk.rate(old, -1, "wrong", "slow", comment="太慢了")
    talk.rate(old, 1, "good_clear", comment="fine", actor="user:1")
    return talk


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["fine", "太慢了"]),
        ("?value__exact=-1", ["太慢了"]),
        ("?reason=slow", ["太慢了"]),
        ("?reason=good_clear", ["fine"]),
        ("?q=慢", ["太慢了"]),
        ("?from=2999-01-01", []),
    ],
)
def test_filters_and_search(client, query, found):
    rated()
    assert comments(client, query) == found


def test_the_link_leads_to_the_rated_version(staff_client):
    talk = rated()
    client = signed_in(make_staff("chat.view_feedback", "chat.read_transcripts"))
    uid = talk.conversation.messages.get(content="old").public_id
    link = f"{talk.url}?version={uid}#m-{uid}"
    assert f'href="{link}"' in client.get(URL).content.decode()
    html = client.get(link).content.decode()
    assert f'id="m-{uid}"' in html
    assert "太慢了" in html


def test_without_the_permission_to_read_there_is_no_link(client):
    talk = rated()
    assert talk.url not in client.get(URL).content.decode()
    feedback = talk.conversation.messages.get(content="old").feedback.first()
    html = client.get(f"{URL}{feedback.pk}/change/").content.decode()
    assert (talk.url in html, "太慢了" in html) == (False, True)


def test_nothing_can_be_written():
    client, talk = signed_in(User.objects.create_superuser("root")), rated()
    feedback = talk.conversation.messages.get(content="old").feedback.first()
    statuses = [
        client.get(f"{URL}add/").status_code,
        client.post(f"{URL}{feedback.pk}/change/", {"comment": "x"}).status_code,
        client.post(f"{URL}{feedback.pk}/delete/", {"post": "yes"}).status_code,
    ]
    assert statuses == [403, 403, 403]
    feedback.refresh_from_db()
    assert feedback.comment == "太慢了"


@pytest.mark.parametrize("talks", [1, 3])
def test_the_list_takes_six_queries(client, talks, django_assert_num_queries):
    for _ in range(talks):
        rated()
    # Session, user, two for permissions; ratings with their messages, reasons.
    with django_assert_num_queries(6):
        client.get(URL)
