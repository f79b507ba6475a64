"""The list of conversations: its cost, its filters, its search."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.admin.filters import search
from chat.models import Conversation
from tests.chat.admin.conftest import LIST, Talk

pytestmark = pytest.mark.django_db


def titles(client, query: str = "") -> list[str]:
    response = client.get(LIST + query)
    assert response.status_code == 200
    return [row.title for row in response.context["cl"].result_list]


def some_talks() -> None:
    first = Talk("Lost card")
    first.ask("My card is lost, CAFÉ 50%_off")
    reply = first.answer("Block it.", {"backend": "rules", "checkpoint": "v1", "answered_by": "rules"})
    first.rate(reply, 1, "good_clear")
    second = Talk("换汇", "zh-hans")
    second.ask("请问今天的汇率是多少？")
    reply = second.answer("查看应用。", {"checkpoint": "v2", "abstained": True}, status="failed")
    second.rate(reply, -1, "wrong", "slow")
    second.rate(reply, 1, actor="user:1")
    third = Talk("Top up", owner=User.objects.create_user("anna"))
    third.ask("How do I top up?")
    third.answer("With a card.", status="stopped")
    Conversation.objects.filter(title="Top up").update(deleted_at=timezone.now())


ALL = ["Top up", "换汇", "Lost card"]
FILTERS = {
    "": ALL,
    "?status=failed": ["换汇"],
    "?status=complete": ["Lost card"],
    "?status=streaming": [],
    "?backend=rules": ["Lost card"],
    "?backend=default": ["Top up", "换汇"],
    "?checkpoint=v2": ["换汇"],
    "?answered_by=rules": ["Lost card"],
    "?answered_by=gpt2": [],
    "?abstained=yes": ["换汇"],
    "?abstained=perhaps": ALL,
    "?language__exact=zh-hans": ["换汇"],
    "?rating=1": ["换汇", "Lost card"],
    "?rating=-1": ["换汇"],
    "?rating=none": ["Top up"],
    "?rating=2": ALL,
    "?reason=slow": ["换汇"],
    "?reason=good_clear": ["Lost card"],
    "?deleted=yes": ["Top up"],
    "?deleted=no": ["换汇", "Lost card"],
    "?deleted=perhaps": ALL,
    "?rating=1&language__exact=en": ["Lost card"],
    "?q=汇率": ["换汇"],
    "?q=换汇": ["换汇"],
    "?q=LOST": ["Lost card"],
    "?q=card+block": ["Lost card"],
    "?q=%22card+is+lost%22": ["Lost card"],
    "?q=%22lost+is+card%22": [],
    "?q=50%25_off": ["Lost card"],
    "?q=_": ["Lost card"],
    "?q=anna": ["Top up"],
    "?q=card&status=stopped": ["Top up"],
    "?q=%00": ALL,
    "?q='": [],
    "?q=%22": [],
    "?p=2": [],
    "?p=0": ALL,
    "?p=999999999999999999999999": [],
    "?p=x": ALL,
}


@pytest.mark.parametrize("query", FILTERS)
def test_filters_and_search(staff_client, query):
    some_talks()
    assert titles(staff_client, query) == FILTERS[query]


def test_ids_find_their_conversation(staff_client):
    some_talks()
    talk = Conversation.objects.get(title="换汇")
    assert titles(staff_client, f"?q={talk.public_id}") == ["换汇"]
    assert titles(staff_client, f"?q={talk.messages.first().public_id}") == ["换汇"]


DAYS = {
    "?from=2026-03-02": ["3rd", "2nd"],
    "?until=2026-03-02": ["2nd", "1st"],
    "?from=2026-03-02&until=2026-03-02": ["2nd"],
    "?from=&until=": ["3rd", "2nd", "1st"],
}


@pytest.mark.parametrize("query", DAYS)
def test_days_are_included_from_midnight_to_midnight(staff_client, query):
    for day, name in enumerate(["1st", "2nd", "3rd"], start=1):
        Talk(name)
        Conversation.objects.filter(title=name).update(updated_at=datetime(2026, 3, day, 23, 59, 59, tzinfo=UTC))
    assert titles(staff_client, query) == DAYS[query]


@pytest.mark.parametrize("day", ["2026-02-31", "yesterday", "0001-01-01", "9999-12-31"])
def test_what_is_no_day_leads_back_to_the_list(staff_client, day):
    assert staff_client.get(f"{LIST}?until={day}").url == f"{LIST}?e=1"


def test_the_form_for_days_keeps_the_other_filters(staff_client):
    some_talks()
    html = staff_client.get(f"{LIST}?rating=1&q=card&from=2026-01-01").content.decode()
    form = html[html.index('class="dl-dates"') :]
    assert re.findall(r'name="(\w+)" value="([^"]*)"', form[: form.index("</form>")]) == [
        *(("rating", "1"), ("q", "card"), ("from", "2026-01-01"), ("until", "")),
    ]


def test_a_search_takes_at_most_eight_words():
    queryset = search(Conversation.objects.all(), " ".join("abcdefghijklmnopqrstuvwxyz"))
    assert str(queryset.query).count("EXISTS") == 8


@pytest.mark.parametrize("talks", [1, 3])
def test_the_list_takes_twelve_queries_however_many_rows_it_has(staff_client, talks, django_assert_num_queries):
    for number in range(talks):
        talk = Talk(str(number), owner=User.objects.create_user(f"owner-{number}"))
        talk.rate(talk.answer("a"), 1, "good_clear")
    # Session, user, two for permissions; the rows with their owners, messages and ratings of the page;
    # the assistants, those in use, and the engines, the backends and the checkpoints in use.
    with django_assert_num_queries(12):
        staff_client.get(LIST)


def test_the_list_counts_no_table(staff_client):
    some_talks()
    with CaptureQueriesContext(connection) as queries:
        staff_client.get(LIST)
    assert [query["sql"] for query in queries if "COUNT(*)" in query["sql"]] == []


CONDITIONS = [
    "",
    "?status=failed",
    "?backend=rules",
    "?assistant=tutor",
    "?answered_by=rules",
    "?abstained=yes",
    "?rating=1",
    "?rating=-1",
    "?rating=none",
    "?reason=slow",
    "?q=card",
]


@pytest.mark.parametrize("query", CONDITIONS)
def test_the_list_walks_the_index_of_its_order_and_looks_up_the_rest(staff_client, query):
    some_talks()
    queryset = staff_client.get(LIST + query).context["cl"].queryset[:51]
    if connection.vendor == "postgresql":
        assert_it_can_walk_the_index(queryset)
        return
    plan = [line.strip(" 0123456789") for line in queryset.explain().splitlines()]
    assert plan[0] == "SCAN chat_conversation USING INDEX conversation_by_time"
    # Anything else that is scanned, sorted, or found by its value and not by its conversation grows with the table.
    costly = ("SCAN", "TEMP B-TREE", "value=?", "(code=?", "abstained", "status=?")
    costly += ("backend=?", "answered_by=?", "assistant=?")
    assert [step for step in plan[1:] if any(word in step for word in costly)] == []


def assert_it_can_walk_the_index(queryset) -> None:
    """PostgreSQL goes by how many rows there are, here three: what it would do if reading and sorting all were dear."""
    with connection.cursor() as cursor:
        for way in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
    plan = queryset.explain()
    assert "Index Scan using conversation_by_time on chat_conversation" in plan
    assert ("Sort" in plan, "Seq Scan" in plan) == (False, False)


def test_pages_lead_to_each_other_without_a_total(staff_client):
    now = timezone.now()
    rows = [Conversation(title=str(number), visitor="v") for number in range(51)]
    Conversation.objects.bulk_create(rows)
    for row in rows:
        Conversation.objects.filter(pk=row.pk).update(updated_at=now - timedelta(minutes=row.pk))
    first, second = (staff_client.get(LIST + query).content.decode() for query in ("", "?p=2"))
    assert ("Rows 1 to 50" in first, 'href="?p=2" rel="next"' in first, 'rel="prev"' in first) == (True, True, False)
    assert ("Rows 51 to 51" in second, 'rel="next"' in second) == (True, False)
    assert 'href="?p=1" rel="prev"' in second
    assert titles(staff_client, "?p=2") == ["50"]


def test_other_orders_cannot_be_asked_for(staff_client):
    some_talks()
    assert titles(staff_client, "?o=1") == ALL
    assert titles(staff_client, "?o=-7.3") == ALL


def test_rows_say_what_is_in_them(staff_client):
    some_talks()
    html = staff_client.get(LIST).content.decode()
    row = html[html.index("换汇</a>") :]
    row = re.sub(r"<[^>]+>|\s+", " ", row[: row.index("</tr>")])
    assert " ".join(row.split()).startswith("换汇 Visitor Simplified Chinese 2 Failed 1 1 good · 1 bad")
