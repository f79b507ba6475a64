"""Exports: what is in them, that no cell is live, and that each conversation in one is logged."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.test import AsyncClient
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from chat.admin import exports
from chat.admin.exports import COLUMNS, quote_cell, unquote_cell
from chat.models import Conversation, TranscriptRead
from tests.chat.admin.conftest import LIST, Talk, make_staff

HOSTILE = [
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "  \t+1", "＝1", "＋1", "－1", "＠A"),
    *("'=1", "''", "'", 'a"b', '"=1"', "a,b\r\nc", "=cmd|'/c calc'!A0", '=HYPERLINK("https://evil.example")', ""),
]
LIVE = "=+-@\t\r\n\0＝＋－＠"


def export(client, kind: str, *talks: Talk, **extra) -> str:
    keys = [talk.conversation.pk for talk in talks]
    response = client.post(LIST, {"action": f"export_{kind}", "index": 0, "_selected_action": keys, **extra})
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode()


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


@pytest.mark.parametrize("text", [*HOSTILE, "\0=1"])  # NUL, which PostgreSQL does not store, in a cell alone
def test_a_quoted_cell_is_not_live_and_comes_back_equal(text):
    assert quote_cell(text).lstrip()[:1] not in set(LIVE)
    assert unquote_cell(quote_cell(text)) == text


@given(st.text(alphabet=st.one_of(st.sampled_from(LIVE + "' \"a"), st.characters(exclude_categories=["Cs"]))))
def test_any_cell_comes_back_equal(text):
    assert quote_cell(text).lstrip()[:1] not in set(LIVE)
    assert unquote_cell(quote_cell(text)) == text


def test_harmless_text_stays_as_it_is():
    assert [quote_cell(text) for text in ("Hello", "你好", "1 + 1 = 2", "")] == ["Hello", "你好", "1 + 1 = 2", ""]


@pytest.mark.django_db
def test_csv_of_hostile_texts_has_no_live_cell_and_round_trips(staff_client):
    talk = Talk(title="=1+1")
    for text in HOSTILE:
        reply = talk.answer(text, {"checkpoint": "@v", "error_class": "-x", "sources": ["=a"], "mean_logprob": -1.5})
        talk.rate(reply, -1, "wrong", comment=text)
    rows = table(export(staff_client, "csv", talk))
    assert [unquote_cell(row["text"]) for row in rows] == HOSTILE
    assert [unquote_cell(row["comments"]) for row in rows] == HOSTILE
    assert {unquote_cell(row["title"]) for row in rows} == {"=1+1"}
    live = [(name, cell) for row in rows for name, cell in row.items() if cell.lstrip()[:1] in set(LIVE)]
    assert live == [("mean_logprob", "-1.5")] * len(HOSTILE)


@pytest.mark.django_db
def test_csv_has_a_row_for_each_message(staff_client):
    talk = Talk("换汇", "zh-hans")
    question = talk.ask("汇率？")
    talk.answer("旧的", parent=question)
    reply = talk.answer("新的", {"sampling": {"temperature": 0.5}, "sources": ["exchange_rate"]}, parent=question)
    talk.rate(reply, 1, "good_clear", "good_fast", comment="好")
    talk.rate(reply, -1, "slow", actor="user:3")
    text = export(staff_client, "csv", talk)
    assert text[0] == "\ufeff"
    rows = table(text)
    assert list(rows[0]) == list(COLUMNS)
    picked = ("title", "owner_kind", "role", "shown_to_visitor", "text", "backend", "ratings", "reasons", "comments")
    assert [[row[name] for name in picked] for row in rows] == [
        ["换汇", "visitor", "user", "yes", "汇率？", "", "", "", ""],
        ["换汇", "visitor", "assistant", "no", "旧的", "default", "", "", ""],
        ["换汇", "visitor", "assistant", "yes", "新的", "default", "good; bad", "good_clear; good_fast; slow", "好"],
    ]
    assert (rows[2]["sampling"], rows[2]["sources"]) == ('{"temperature": 0.5}', '["exchange_rate"]')
    assert rows[2]["parent"] == rows[0]["message"] == str(question.public_id)


@pytest.mark.django_db
def test_jsonl_has_a_line_for_each_conversation(staff_client, reader):
    talk = Talk(owner=reader)
    question = talk.ask("line\u2028 end\u0085 =1")
    reply = talk.answer("答", {"completion_tokens": 3})
    rating = talk.rate(reply, -1, "wrong", comment="no", actor="user:3")
    Conversation.objects.update(deleted_at=timezone.now())
    text = export(staff_client, "jsonl", talk, Talk("Second"))
    first, second = [json.loads(line) for line in text.splitlines()]
    assert second["title"] == "Second"
    assert (first["owner_kind"], first["deleted"] is None) == ("account", False)
    assert [message["text"] for message in first["messages"]] == [question.content, "答"]
    answer = first["messages"][1]
    assert (answer["parent"], answer["generation"]["completion_tokens"]) == (str(question.public_id), 3)
    assert answer["feedback"] == [
        {"value": "bad", "reasons": ["wrong"], "comment": "no", "by": "user", "time": rating.updated_at.isoformat()}
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_exports_name_neither_accounts_nor_visitors(staff_client, kind):
    owner = make_staff()
    talk, other = Talk(owner=owner), Talk()
    talk.rate(talk.answer("a"), 1, actor=f"user:{owner.pk}")
    other.ask("b")
    text = export(staff_client, kind, talk, other)
    assert (owner.username in text, "visitor-id" in text, f"user:{owner.pk}" in text) == (False, False, False)


@pytest.mark.django_db
def test_the_download_is_named_and_not_kept(staff_client):
    talk = Talk()
    data = {"action": "export_csv", "index": 0, "_selected_action": talk.conversation.pk}
    response = staff_client.post(LIST, data)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="conversations-2')
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_every_exported_conversation_is_logged_and_no_other(staff_client, reader, monkeypatch):
    monkeypatch.setattr(exports, "BATCH", 2)
    talks = [Talk(str(number)) for number in range(5)]
    text = export(staff_client, "jsonl", *talks[:4])
    assert [json.loads(line)["title"] for line in text.splitlines()] == ["0", "1", "2", "3"]
    rows = TranscriptRead.objects.order_by("pk").values_list("conversation", "reader", "kind")
    assert list(rows) == [(talk.conversation.pk, reader.pk, "export") for talk in talks[:4]]


@pytest.mark.django_db
def test_all_that_a_filter_finds_can_be_exported(staff_client):
    talks = [Talk(language=language) for language in ("en", "zh-hans", "zh-hans")]
    data = {"action": "export_jsonl", "index": 0, "_selected_action": talks[1].conversation.pk, "select_across": 1}
    response = staff_client.post(f"{LIST}?language__exact=zh-hans", data)
    assert len(b"".join(response.streaming_content).decode().splitlines()) == 2


@pytest.mark.django_db
@pytest.mark.parametrize("talks", [1, 3])
def test_an_export_takes_eight_queries_however_many_conversations(talks, reader, rf, django_assert_num_queries):
    for number in range(talks):
        talk = Talk(str(number))
        talk.ask("q")
        talk.rate(talk.answer("a"), 1, "good_clear")
    request = rf.post(LIST)
    request.user = reader
    # Conversations, messages with records, ratings, reasons; the log (in one insert); the next, empty batch.
    # And the reader's rights, of the account and of its groups.
    with django_assert_num_queries(8):
        b"".join(exports.response(request, Conversation.objects.all(), "jsonl"))


@pytest.mark.django_db(transaction=True)
async def test_a_server_on_an_event_loop_streams_the_same():
    from asgiref.sync import sync_to_async

    def prepare():
        talk = Talk("Streamed")
        talk.ask("q")
        return make_staff("chat.read_transcripts"), talk.conversation.pk

    user, key = await sync_to_async(prepare)()
    client = AsyncClient()
    await client.aforce_login(user)
    response = await client.post(LIST, {"action": "export_jsonl", "index": 0, "_selected_action": key})
    assert response.is_async is True
    text = b"".join([piece async for piece in response]).decode()
    assert [json.loads(line)["title"] for line in text.splitlines()] == ["Streamed"]
