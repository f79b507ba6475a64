"""Which assistant answers, and that nobody names one, or an engine, that is not for them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.test import Client

from chat import actions, assisting, commands
from chat.access import VISITOR_KEY, Actor
from chat.assistants.models import Assistant
from chat.enums import Status
from chat.errors import Conflict, NotFound
from chat.models import Conversation, Generation, Message
from chat.replies import build_request
from inference import Role
from tests.chat.assistants.conftest import FIELDS, assistant, engines  # noqa: F401 - a fixture
from tests.chat.conftest import client_id, end

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("engines")]

PEOPLE = ("visitor", "user", "staff", "former")
OFFERED = {
    "visitor": ["usual", "open"],
    "user": ["usual", "open", "members"],
    "staff": ["usual", "open", "members", "team"],
    "former": ["usual", "open", "members"],  # an account that is no staff any more
}


@pytest.fixture
def assistants() -> dict[str, Assistant]:
    """One for each audience, and some that nobody is offered."""
    fields: dict[str, dict[str, Any]] = {
        "usual": {"is_default": True},
        "open": {"position": 1, "needs": "large", "articles": False, "temperature": 0.5, "result_fields": FIELDS},
        "members": {"position": 2, "audience": "signed_in"},
        "team": {"position": 3, "audience": "staff", "engine": "gpt2"},
        "unused": {"enabled": False},
        "elsewhere": {"engine": "gone"},
    }
    return {slug: assistant(slug, **found) for slug, found in fields.items()}


@pytest.fixture
def people() -> dict[str, Actor]:
    """A visitor and three accounts."""
    users = {name: User.objects.create_user(name, is_staff=name == "staff") for name in PEOPLE[1:]}
    return {"visitor": Actor(visitor="ann")} | {name: Actor(user.pk) for name, user in users.items()}


def browser(actor: Actor) -> Client:
    client = Client()
    if actor.user_id:
        client.force_login(User.objects.get(pk=actor.user_id))
    else:
        session = client.session
        session[VISITOR_KEY] = actor.visitor
        session.save()
    return client


def begun(actor: Actor, slug: str = "", engine: str = "", text: str = "Where is it?") -> Message:
    """A new reply."""
    chosen = assisting.pick(actor, slug), assisting.pick_engine(actor, engine)
    conversation = actions.create_conversation(actor, "en", *chosen)
    return actions.start_turn(conversation, client_id(), text).reply


def said(message: Message) -> tuple[str, str, str]:
    """What the engine is told first, and how it is asked."""
    request = build_request(Message.objects.select_related("conversation", "generation").get(pk=message.pk))
    first = request.messages[0]
    return first.content if first.role is Role.SYSTEM else "", request.backend, "articles" if request.articles else ""


@pytest.mark.parametrize("who", PEOPLE)
def test_everybody_is_offered_what_is_for_them(assistants: dict, people: dict[str, Actor], who: str):
    actor = people[who]
    assert [row.slug for row in assisting.offered(actor)] == OFFERED[who]
    for slug in assistants:
        body = {"assistant": slug}
        created = browser(actor).post("/c/", body, content_type="application/json")
        assert (slug, created.status_code) == (slug, 201 if slug in OFFERED[who] else 404)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.usefixtures("assistants")
def test_a_command_is_held_to_the_same(people: dict[str, Actor], who: str):
    actor, client = people[who], browser(people[who])
    conversation = actions.create_conversation(actor)
    for slug in ("open", "members", "team", "unused", "elsewhere", "nobody"):
        command = {"type": "conversation.set", "assistant": slug, "engine": ""}
        answer = client.post(f"/c/{conversation.public_id}/command/", command, content_type="application/json")
        allowed = slug in OFFERED[who]
        assert (slug, answer.status_code) == (slug, 200 if allowed else 404)
        if allowed:
            assert answer.json()["events"][0]["conversation"]["assistant"] == slug


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("who", PEOPLE)
def test_only_staff_name_an_engine(people: dict[str, Actor], who: str):
    actor, client = people[who], browser(people[who])
    conversation = actions.create_conversation(actor)
    expected = 201 if who == "staff" else 404
    assert client.post("/c/", {"engine": "cloud"}, content_type="application/json").status_code == expected
    assert client.post("/c/", {"engine": "nowhere"}, content_type="application/json").status_code == 404
    command = {"type": "conversation.set", "assistant": "", "engine": "cloud"}
    answer = client.post(f"/c/{conversation.public_id}/command/", command, content_type="application/json")
    assert answer.status_code == (200 if who == "staff" else 404)
    conversation.refresh_from_db()
    assert conversation.engine == ("cloud" if who == "staff" else "")


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.usefixtures("assistants")
def test_the_page_tells_of_what_is_offered_and_of_engines_to_staff_alone(people: dict[str, Actor], who: str):
    html = browser(people[who]).get("/?assistant=team").content.decode()
    boot = json.loads(html.split('<script id="boot" type="application/json">')[1].split("</script>")[0])["choices"]
    assert [one["slug"] for one in boot["offered"]] == ["", *OFFERED[who][1:]]
    assert boot["chosen"]["assistant"] == ("team" if who == "staff" else "")
    assert [one["name"] for one in boot["engines"]] == (["small", "cloud", "gpt2", "rules"] if who == "staff" else [])


def test_without_a_choice_the_page_says_and_loads_nothing_of_it(people: dict[str, Actor]):
    assistant("usual", is_default=True)
    html = browser(people["visitor"]).get("/?new=1").content.decode()
    assert ('"choices": null' in html, "assistants.css" in html, 'id="with"' in html) == (True, False, False)


@pytest.mark.parametrize("body", [{"assistant": 1}, {"engine": None}, {"model": "x"}, {"assistant": "x" * 65}])
def test_a_body_that_means_nothing_is_refused(people: dict[str, Actor], body: dict[str, Any]):
    assert browser(people["staff"]).post("/c/", body, content_type="application/json").status_code == 400
    assert Conversation.objects.count() == 0


def test_a_large_engine_is_told_the_instructions_in_the_conversations_language(
    assistants: dict, people: dict[str, Actor], settings: LazySettings
):
    settings.CHAT_INSTRUCTIONS = "The house."
    ann, staff = people["visitor"], people["staff"]
    assert said(begun(ann, "open")) == ("You are open.", "cloud", "")
    assert said(begun(ann, "open", text="它在哪里？")) == ("你是open。", "cloud", "")
    assert said(begun(ann)) == ("The house.", "default", "articles")
    assert said(begun(staff, "", "cloud")) == ("The house.\n\nYou are usual.", "cloud", "articles")
    assert said(begun(staff, "open", "gpt2")) == ("", "gpt2", "articles")
    Assistant.objects.all().delete()
    assert said(begun(ann)) == ("The house.", "default", "articles")


def test_what_is_recorded_and_asked_for(assistants: dict, people: dict[str, Actor], settings: LazySettings):
    settings.CHAT_SAMPLING = {"temperature": 0.0, "max_new_tokens": 99}
    reply = begun(people["visitor"], "open")
    record = Generation.objects.get(message=reply)
    assert (record.assistant, record.backend, record.result_fields) == ("open", "cloud", FIELDS)
    assert record.sampling == {"temperature": 0.5, "max_new_tokens": 99}
    request = build_request(reply)
    assert (request.schema["required"], request.sampling.temperature) == (["sentiment", "places"], 0.5)
    Assistant.objects.filter(slug="open").update(result_fields=[])
    assert build_request(Message.objects.get(pk=reply.pk)).schema["required"] == ["sentiment", "places"]


def test_another_answer_and_the_rest_of_one_are_asked_for_in_the_same_way(assistants: dict, people: dict[str, Actor]):
    reply = begun(people["visitor"], "open")
    again = actions.regenerate(end(reply))
    assert said(again) == said(reply)
    assert (again.generation.assistant, again.generation.sampling["temperature"]) == ("open", 0.5)
    assert again.generation.seed is not None
    resumed = actions.continue_reply(end(again, Status.STOPPED, '{"sentiment"'))
    assert (said(resumed), resumed.generation.assistant) == (said(reply), "open")


def test_staff_change_the_engine_at_any_time_and_the_assistant_only_before_the_first_word(
    assistants: dict, people: dict[str, Actor]
):
    reply = end(begun(people["staff"]))
    conversation = actions.choose(Conversation.objects.get(pk=reply.conversation_id), None, "cloud")
    following = actions.start_turn(conversation, client_id(), "And now?").reply
    assert (reply.generation.backend, following.generation.backend) == ("default", "cloud")
    with pytest.raises(Conflict):
        actions.choose(conversation, assistants["open"], "")
    User.objects.filter(username="staff").update(is_staff=False)
    assert actions.regenerate(end(following)).generation.backend == "default"


@pytest.mark.parametrize("change", [{"audience": "staff"}, {"enabled": False}, {"engine": "gone"}])
def test_what_is_not_offered_any_more_answers_no_more(assistants: dict, people: dict[str, Actor], change: dict):
    reply = end(begun(people["visitor"], "open"))
    Assistant.objects.filter(slug="open").update(**change)
    conversation = Conversation.objects.get(pk=reply.conversation_id)
    for refused in (lambda: actions.start_turn(conversation, client_id(), "More?"), lambda: actions.regenerate(reply)):
        with pytest.raises(Conflict):
            refused()
    assert Message.objects.count() == 2


def test_a_deleted_assistant_leaves_its_conversations_to_the_default(assistants: dict, people: dict[str, Actor]):
    reply = end(begun(people["visitor"], "open"))
    Assistant.objects.filter(slug="open").delete()
    conversation = Conversation.objects.get(pk=reply.conversation_id)
    assert actions.start_turn(conversation, client_id(), "More?").reply.generation.assistant == "usual"
    reply.generation.refresh_from_db()
    assert (reply.generation.assistant, reply.generation.result_fields) == ("open", FIELDS)


def test_an_unknown_assistant_and_an_unknown_engine_are_not_found(people: dict[str, Actor]):
    for pick, name in ((assisting.pick, "nobody"), (assisting.pick_engine, "nowhere")):
        with pytest.raises(NotFound):
            pick(people["staff"], name)
    assert commands.parse_frame(json.dumps({"type": "conversation.set", "assistant": "", "engine": "cloud"})).engine
