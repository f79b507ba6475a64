"""chat/views_pages.py: pages of one's own, and a GET that creates nothing."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client

from chat import actions
from chat.access import VISITOR_KEY, Actor
from chat.enums import Language
from chat.knowledge.drafts import TextDraft
from chat.models import Conversation
from tests.chat.conftest import say
from tests.chat.knowledge.articles import draft, published

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("backend")]


def _boot(response: Any) -> dict[str, Any]:
    found = re.search(r'<script id="boot" type="application/json">(.*?)</script>', response.content.decode(), re.DOTALL)
    assert found
    return json.loads(found.group(1))


@pytest.fixture
def browser(client: Client, ann: Actor) -> Client:
    """Ann's browser."""
    session = client.session
    session[VISITOR_KEY] = ann.visitor
    session.save()
    return client


def test_a_new_visitor_gets_an_empty_page_and_no_row(client: Client):
    response = client.get("/")
    boot = _boot(response)
    assert (response.status_code, boot["conversation"], boot["signed_in"], boot["claimable"]) == (200, None, False, 0)
    assert (Conversation.objects.count(), Session.objects.count()) == (0, 0)


def test_a_visitor_who_came_back_gets_the_latest_conversation(browser: Client, conversation: Conversation):
    say(conversation)
    heading = {"id": str(conversation.public_id), "title": "Where is my card?", "language": "en"}
    heading |= {"assistant": "", "engine": ""}
    assert _boot(browser.get("/"))["conversation"] == heading
    assert _boot(browser.get(f"/c/{conversation.public_id}/"))["conversation"] == heading
    assert _boot(browser.get("/?new=1"))["conversation"] is None


def test_a_stranger_gets_a_404_like_that_of_no_conversation(client: Client, conversation: Conversation):
    found = [client.get(f"/c/{key}/") for key in (conversation.public_id, uuid.uuid4())]
    assert [response.status_code for response in found] == [404, 404]
    bodies = [re.sub(r'content="[A-Za-z0-9]{64}"|value="[A-Za-z0-9]{64}"', "", page.content.decode()) for page in found]
    assert bodies[0].replace(str(conversation.public_id), "") == re.sub(r"[0-9a-f-]{36}", "", bodies[1])


def test_a_deleted_conversation_is_gone(browser: Client, conversation: Conversation):
    say(conversation)
    actions.delete(conversation)
    assert browser.get(f"/c/{conversation.public_id}/").status_code == 404
    assert _boot(browser.get("/"))["conversation"] is None


@pytest.mark.parametrize("path", ["/", "/?new=1", "/c/{id}/", "/c/list/", "/c/{id}/poll/"])
def test_private_answers_are_never_kept(browser: Client, conversation: Conversation, path: str):
    response = browser.get(path.format(id=conversation.public_id))
    assert response.status_code == 200
    assert {"no-store", "private"} <= {part.strip() for part in response["Cache-Control"].split(",")}


def test_the_page_knows_its_addresses_texts_and_limits(client: Client, conversation: Conversation):
    boot = _boot(client.get("/", headers={"accept-language": "en"}))
    assert set(boot) == {
        *("conversation", "urls", "texts", "limits", "starters", "signed_in", "username", "claimable", "language"),
        *("reasons", "model", "compare", "choices"),
    }
    assert boot["urls"]["command"] == "/c/{id}/command/"
    assert boot["urls"]["socket"] == "/ws/c/{id}/"
    assert set(boot["urls"]) >= {"create", "list", "claim", "login", "signup", "logout"}
    assert boot["limits"] == {"message_chars": 4000, "frame_bytes": 65536}
    assert boot["language"] == "en"
    assert [reason["code"] for reason in boot["reasons"]["good"]] == ["good_solved", "good_clear", "good_fast"]
    assert boot["model"]["state"] == "ready"
    assert boot["compare"] is None


@pytest.mark.usefixtures("duel")
def test_the_page_offers_a_comparison_where_it_is_offered(client: Client):
    boot = _boot(client.get("/", headers={"accept-language": "en"}))
    assert boot["compare"]["offered"] is True
    assert [engine["code"] for engine in boot["compare"]["engines"]] == ["rules", "gpt2"]
    assert {kind: len(found) for kind, found in boot["compare"]["reasons"].items()} == {"better": 5, "bad": 4}
    assert boot["compare"]["texts"]["compare.a"] == "Answer A"


def test_the_page_follows_the_browsers_language(client: Client):
    assert _boot(client.get("/", headers={"accept-language": "zh-CN,zh;q=0.9"}))["language"] == "zh-hans"


def test_the_questions_to_start_with_are_spread_over_the_articles_of_the_pages_language(client: Client):
    for number in range(9):
        asked = {language: f"{language} question {number}" for language in Language}
        examples = {language: (f"{text}?", "another") if number else () for language, text in asked.items()}
        texts = {language: TextDraft(text, "-", examples[language]) for language, text in asked.items()}
        published(draft(f"a{number}", texts))
    starters = _boot(client.get("/", headers={"accept-language": "en"}))["starters"]
    assert starters == ["en question 0", "en question 2?", "en question 4?", "en question 6?"]
    published(draft("b0", {Language.ENGLISH: TextDraft("Chosen", "-")}, tags=("fees", "starter")))
    assert _boot(client.get("/", headers={"accept-language": "en"}))["starters"] == ["Chosen"]
    assert len(_boot(client.get("/", headers={"accept-language": "zh-hans"}))["starters"]) == 4


def test_a_signed_in_person_sees_how_many_conversations_could_come_along(browser: Client, conversation: Conversation):
    say(conversation)
    browser.force_login(User.objects.create_user("carol"))
    boot = _boot(browser.get("/"))
    assert (boot["signed_in"], boot["username"], boot["claimable"], boot["conversation"]) == (True, "carol", 1, None)


@pytest.mark.parametrize("path", ["/", "/c/{id}/"])
def test_pages_take_no_post(browser: Client, conversation: Conversation, path: str):
    assert browser.post(path.format(id=conversation.public_id)).status_code == 405


@pytest.mark.parametrize(
    ("asked", "value"),
    [
        ("Where is my card?", "Where is my card?"),
        (" 我的卡\n呢？ ", "我的卡\n呢？"),
        ("</textarea><script>alert(1)</script>", "&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("x" * 9000, "x" * 500),
        ("a\0b", "ab"),
        ("", ""),
    ],
)
def test_a_question_in_the_address_fills_the_message_field(client: Client, asked: str, value: str):
    html = client.get("/", {"ask": asked, "new": "1"}).content.decode()
    assert re.findall(r"<textarea [^>]*>(.*?)</textarea>", html, re.DOTALL) == [value]
    assert Conversation.objects.count() == 0
