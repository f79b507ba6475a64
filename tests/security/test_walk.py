"""Seven kinds of people on every route and with every command: what is another's looks as if it were not there.

A route or a command that these tables do not know fails the test: whoever adds one says here who may use it.
"""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core import serializers
from django.http import HttpResponse
from django.test import Client

from chat.api.actions import issue_key
from chat.api.models import ApiKey
from chat.assistants.models import Assistant
from chat.commands import COMMANDS
from chat.knowledge.models import Article
from chat.models import Conversation, Feedback, FeedbackReason, Generation, Message, TranscriptRead
from chat.privacy.actions import open_personal_data
from chat.review.actions import Vote, record_vote
from chat.review.enums import Outcome
from chat.review.models import FillRule, ReviewQueue, RootCause, Rubric, RubricVersion
from tests.chat.review.conftest import compare
from tests.security.conftest import ACTORS, OWNERS, Property, World
from tests.security.routes import all_routes

STRANGERS = {owner: [name for name in ACTORS if name != owner] for owner in OWNERS}

# Routes of one conversation: how they are called, and what the owner gets. Everybody else gets 404.
OWN: dict[str, tuple[str, dict[str, Any] | None]] = {
    "c/<uuid:conversation_id>/": ("get", None),
    "c/<uuid:conversation_id>/poll/": ("get", None),
    "c/<uuid:conversation_id>/command/": ("post", {"type": "sync"}),
    "c/<uuid:conversation_id>/rename/": ("post", {"title": "Another name"}),
    "c/<uuid:conversation_id>/delete/": ("post", {}),
    "c/<uuid:conversation_id>/restore/": ("post", {}),
}
# Routes without an object: what each kind of person gets, in the order of ACTORS.
COMMON: dict[str, tuple[str, str, list[int]]] = {
    "": ("get", "/", [200] * 7),
    "healthz": ("get", "/healthz", [200] * 7),
    "metrics": ("get", "/metrics", [200] * 7),  # asked from this machine
    # The API knows keys alone: whoever else somebody is makes no difference.
    "v1/models": ("get", "/v1/models", [401] * 7),
    "v1/models/<path:name>": ("get", "/v1/models/default", [401] * 7),
    "v1/chat/completions": ("post", "/v1/chat/completions", [401] * 7),
    "v1/completions": ("post", "/v1/completions", [401] * 7),
    "v1/<path:rest>": ("get", "/v1/embeddings", [404] * 7),
    "help/": ("get", "/help/", [200] * 7),
    "help/search/": ("get", "/help/search/?q=card", [200] * 7),
    "help/<slug:slug>/": ("get", "/help/no_such_article/", [404] * 7),
    "privacy/": ("get", "/privacy/", [200] * 7),
    "privacy/export/": ("get", "/privacy/export/", [200] * 7),
    "privacy/delete/": ("post", "/privacy/delete/", [302] * 7),  # not confirmed, so it only asks again
    "c/": ("post", "/c/", [201] * 7),
    "c/list/": ("get", "/c/list/", [200] * 7),
    "claim/": ("post", "/claim/", [404] * 7),  # here nobody has both an account and a visitor's conversations
    "i18n/setlang/": ("post", "/i18n/setlang/", [302] * 7),
    **{
        f"review/{route}": ("get", f"/review/{path}", [302, 302, 403, 403, 403, 200, 200])
        for route, path in {
            "": "",
            "compare/": "compare/",
            "compare/pairs/": "compare/pairs/",
            "compare/<slug:name>.svg": "compare/total.svg",
            "gaps/": "gaps/",
        }.items()
    },
    # An answer that is not there; whose is there to see is in tests/chat/review/test_views_explain.py.
    **{
        f"review/explain/<uuid:message_id>/{route}": (
            *("get", f"/review/explain/{uuid.UUID(int=0)}/{path}"),
            [302, 302, 403, 403, 403, 404, 404],
        )
        for route, path in {"": "", "<slug:name>/": "tokens/"}.items()
    },
    "review/queue/": ("get", "/review/queue/", [302, 302, 403, 403, 403, 200, 200]),
    # Without the fields that it needs.
    "review/queue/next/": ("post", "/review/queue/next/", [302, 302, 403, 403, 403, 400, 400]),
    # Without a review, and without an answer that was given to them.
    "review/queue/undo/": ("post", "/review/queue/undo/", [302, 302, 403, 403, 403, 404, 404]),
    **{
        f"review/queue/<uuid:assignment_id>/{name}/": (
            method,
            f"/review/queue/{uuid.UUID(int=0)}/{name}/",
            [302, 302, 403, 403, 403, 404, 404],
        )
        for name, method in (("submit", "post"), ("skip", "post"), ("ideal", "get"), ("difference", "post"))
    },
    # Without a question that is there.
    "review/gaps/dismiss/": ("post", "/review/gaps/dismiss/", [302, 302, 403, 403, 403, 404, 404]),
    "review/gaps/restore/": ("post", "/review/gaps/restore/", [302, 302, 403, 403, 403, 404, 404]),
    "accounts/login/": ("get", "/accounts/login/", [200] * 7),
    "accounts/logout/": ("post", "/accounts/logout/", [302] * 7),
    "accounts/signup/": ("get", "/accounts/signup/", [200, 200, 302, 302, 302, 302, 302]),
}
# Django's admin: staff, reviewer, superuser. Everybody else is sent to its login.
ADMIN: dict[str, tuple[int, int, int]] = {
    "admin/": (200, 200, 200),
    "admin/password_change/": (200, 200, 200),
    "admin/password_change/done/": (200, 200, 200),
    "admin/autocomplete/": (403, 403, 403),
    "admin/jsi18n/": (200, 200, 200),
    "admin/r/<path:content_type_id>/<path:object_id>/": (404, 404, 404),
    "admin/auth/user/<id>/password/": (403, 403, 200),
    "admin/^(?P<app_label>auth|knowledge|assistants|chat|review|api)/$": (404, 200, 200),
    "admin/(?P<url>.*)$": (404, 404, 404),
    "admin/knowledge/article/import/": (403, 403, 200),
    "admin/knowledge/article/export/<str:kind>/": (403, 403, 200),
    "admin/knowledge/article/try/": (403, 403, 200),
    "admin/knowledge/article/preview/": (403, 403, 405),
    "admin/knowledge/article/<int:article_id>/retire/": (403, 403, 405),
    "admin/knowledge/article/<int:article_id>/revisions/<int:number>/": (403, 403, 404),
    "admin/chat/conversation/<path:object_id>/personal_data/": (403, 403, 405),
    "admin/assistants/assistant/preview/": (403, 403, 405),
    "admin/logout/": (405, 405, 405),
}
# Models in the admin: list, add, history, delete, change.
FULL, READ, NONE = (200, 200, 200, 200, 200), (200, 403, 200, 403, 200), (403,) * 5
MODELS: dict[str, dict[str, tuple[int, ...]]] = {
    "auth/group": {"reviewer": NONE, "superuser": FULL},
    "auth/user": {"reviewer": NONE, "superuser": FULL},
    "knowledge/article": {"reviewer": NONE, "superuser": FULL},
    "assistants/assistant": {"reviewer": NONE, "superuser": FULL},
    "chat/conversation": {"reviewer": READ, "superuser": READ},
    "chat/feedback": {"reviewer": NONE, "superuser": READ},
    "chat/transcriptread": {"reviewer": NONE, "superuser": READ},
    "chat/personaldataread": {"reviewer": NONE, "superuser": READ},
    "api/apikey": {"reviewer": NONE, "superuser": (200, 200, 200, 403, 200)},
    "review/rubric": {"reviewer": NONE, "superuser": FULL},
    "review/rubricversion": {"reviewer": NONE, "superuser": (200, 403, 200, 200, 200)},
    "review/rootcause": {"reviewer": NONE, "superuser": FULL},
    "review/fillrule": {"reviewer": NONE, "superuser": FULL},
    "review/reviewqueue": {"reviewer": NONE, "superuser": (200, 403, 200, 403, 200)},
    "review/comparison": {"reviewer": READ, "superuser": READ},
    "review/comparisonvote": {"reviewer": READ, "superuser": READ},
}
VIEWS = ("", "add/", "<path:object_id>/history/", "<path:object_id>/delete/", "<path:object_id>/change/")
REDIRECTS = {f"admin/{model}/<path:object_id>/" for model in MODELS}


def payload(name: str, target: Property) -> dict[str, Any]:
    """A valid command of that name about this property."""
    question, answer = str(target.question.public_id), str(target.answer.public_id)
    fields: dict[str, dict[str, Any]] = {
        "message.send": {"client_id": str(uuid.uuid4()), "text": "One more question"},
        "message.compare": {"client_id": str(uuid.uuid4()), "text": "One more question, twice"},
        "comparison.vote": {"message_id": question, "better": "a", "reasons": [], "guess": ""},
        "message.edit": {"message_id": question, "client_id": str(uuid.uuid4()), "text": "I meant something else"},
        "reply.stop": {"message_id": answer},
        "reply.regenerate": {"message_id": answer},
        "reply.continue": {"message_id": answer},
        "version.select": {"message_id": answer},
        "feedback.set": {"message_id": answer, "value": -1, "reasons": ["wrong"], "comment": "No"},
        "feedback.clear": {"message_id": answer},
        "conversation.set": {"assistant": "", "engine": ""},
        "history.load": {"before": answer},
        "sync": {},
    }
    return {"type": name, **fields[name]}


def stored() -> str:
    """Everything that conversations consist of."""
    models = (Conversation, Message, Generation, Feedback, FeedbackReason)
    return serializers.serialize("json", [row for model in models for row in model.objects.order_by("pk")])


def call(client: Client, method: str, path: str, body: dict[str, Any] | None = None) -> HttpResponse:
    """A request as the page makes it."""
    if method == "get":
        return client.get(path)
    return client.post(path, body, content_type="application/json")


def test_every_route_is_in_a_table() -> None:
    known = {*OWN, *COMMON, *ADMIN, *REDIRECTS, "admin/login/"}
    known |= {f"admin/{model}/{view}" for model in MODELS for view in VIEWS}
    assert set(all_routes()) == known


def test_every_command_has_a_payload(world: World) -> None:
    assert {payload(name, world.owned["user_a"])["type"] for name in COMMANDS} == set(COMMANDS)


@pytest.mark.parametrize("owner", OWNERS)
@pytest.mark.parametrize("route", OWN)
def test_a_conversation_is_its_owners_alone(world: World, route: str, owner: str) -> None:
    method, body = OWN[route]
    path = "/" + route.replace("<uuid:conversation_id>", world.owned[owner].id)
    nowhere = "/" + route.replace("<uuid:conversation_id>", str(uuid.uuid4()))
    before = stored()
    for stranger in STRANGERS[owner]:
        client = world.client(stranger)
        refused, absent = call(client, method, path, body), call(client, method, nowhere, body)
        assert (stranger, refused.status_code, absent.status_code) == (stranger, 404, 404)
        assert shape(refused, path) == shape(absent, nowhere)
    assert stored() == before
    assert call(world.client(owner), method, path, body).status_code == 200


def shape(response: HttpResponse, path: str) -> str:
    """What a response says, without the address that was asked for and the page's own token."""
    if "html" in response["Content-Type"]:
        return str([template.name for template in response.templates])
    return response.content.decode().replace(path, "")


@pytest.mark.parametrize("owner", OWNERS)
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_reaches_the_owners_conversation_alone(world: World, name: str, owner: str) -> None:
    target = world.owned[owner]
    before = stored()
    for stranger in STRANGERS[owner]:
        client = world.client(stranger)
        answers = [
            # Their conversation; and one's own, with an id of theirs in it.
            call(client, "post", f"/c/{target.id}/command/", payload(name, target)),
            *(
                [call(client, "post", f"/c/{world.owned[stranger].id}/command/", payload(name, target))]
                if {"message_id", "before"} & payload(name, target).keys()
                else []
            ),
        ]
        seen = [(answer.status_code, [event["code"] for event in answer.json()["events"]]) for answer in answers]
        assert seen == [(404, ["not_found"])] * len(answers)
    assert stored() == before


@pytest.mark.parametrize("owner", OWNERS)
@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"reply.continue", "message.compare", "comparison.vote"}))
def test_the_owner_may(world: World, name: str, owner: str) -> None:
    target = world.owned[owner]
    answer = call(world.client(owner), "post", f"/c/{target.id}/command/", payload(name, target))
    assert (answer.status_code, [e for e in answer.json()["events"] if e["type"] == "error"]) == (200, [])


@pytest.mark.parametrize("owner", OWNERS)
@pytest.mark.usefixtures("duel")
def test_the_owner_may_compare_and_vote(world: World, owner: str) -> None:
    target, client = world.owned[owner], world.client(owner)
    asked = call(client, "post", f"/c/{target.id}/command/", payload("message.compare", target)).json()["events"][0]
    question = asked["comparison"]["id"]
    call(client, "post", f"/c/{target.id}/command/", {"type": "reply.stop", "message_id": asked["running"]})
    vote = {**payload("comparison.vote", target), "message_id": question}
    for stranger in STRANGERS[owner]:
        for conversation in (target.id, world.owned[stranger].id):
            refused = call(world.client(stranger), "post", f"/c/{conversation}/command/", vote)
            assert (stranger, refused.status_code) == (stranger, 404)
    decided = call(client, "post", f"/c/{target.id}/command/", vote).json()["events"][0]
    assert decided["comparison"]["verdict"]["better"] == "a"


@pytest.mark.parametrize("route", COMMON)
def test_what_everybody_may_ask(world: World, route: str) -> None:
    method, path, expected = COMMON[route]
    assert [call(world.client(name), method, path, {}).status_code for name in ACTORS] == expected


def test_everybody_sees_their_own_list(world: World) -> None:
    for name in ACTORS:
        rows = world.client(name).get("/c/list/").json()["conversations"]
        assert [row["id"] for row in rows] == [world.owned[name].id]
        found = world.client(name).get("/c/list/?q=question").json()["conversations"]
        assert [row["id"] for row in found] == [world.owned[name].id]
        assert f"A question of {name}" in world.client(name).get("/").content.decode()


@pytest.fixture
def keys(world: World) -> dict[str, int]:
    """A row of each model that the admin shows."""
    conversation = world.owned["user_a"].conversation
    comparison = compare(conversation)
    rubric = Rubric.objects.create(slug="a-rubric")
    queue = ReviewQueue.objects.create(slug="a-queue", rubric=rubric)
    api_key = ApiKey(name="A program")
    issue_key(api_key)
    vote = record_vote(comparison, world.actors["user_b"], Vote(Outcome.TIE))
    return {
        "auth/group": Group.objects.create(name="A group").pk,
        "auth/user": world.users["user_a"].pk,
        "knowledge/article": Article.objects.create(slug="an_article").pk,
        "assistants/assistant": Assistant.objects.create(slug="an-assistant").pk,
        "chat/conversation": conversation.pk,
        "chat/feedback": Feedback.objects.get(message=world.owned["user_a"].answer).pk,
        "api/apikey": api_key.pk,
        "review/rubric": rubric.pk,
        "review/rubricversion": RubricVersion.objects.create(rubric=rubric, number=1).pk,
        "review/rootcause": RootCause.objects.create(key="a-cause").pk,
        "review/fillrule": FillRule.objects.create(queue=queue, name="A rule", stream="random").pk,
        "review/reviewqueue": queue.pk,
        "review/comparison": comparison.pk,
        "review/comparisonvote": vote.pk,
        "chat/transcriptread": TranscriptRead.objects.create(
            conversation=conversation, reader=world.users["reviewer"]
        ).pk,
        "chat/personaldataread": open_personal_data(world.users["superuser"], conversation, "A complaint").pk,
    }


def admin_path(route: str, keys: dict[str, int]) -> str:
    """An address that matches the pattern."""
    model = "/".join(route.split("/")[1:3])
    path = route.replace("<path:object_id>", str(keys.get(model, 1))).replace("<id>", str(keys["auth/user"]))
    path = path.replace("<path:content_type_id>", "1").replace("(?P<url>.*)$", "nowhere")
    path = path.replace("<int:article_id>", str(keys["knowledge/article"])).replace("<int:number>", "1")
    path = path.replace("<str:kind>", "csv")
    return "/" + path.replace("^(?P<app_label>auth|knowledge|assistants|chat|review|api)/$", "chat/")


def test_the_admin_shows_each_what_they_may_see(world: World, keys: dict[str, int]) -> None:
    expected = {route: list(statuses) for route, statuses in ADMIN.items()}
    for model, allowed in MODELS.items():
        for number, view in enumerate(VIEWS):
            expected[f"admin/{model}/{view}"] = [403, allowed["reviewer"][number], allowed["superuser"][number]]
    clients = [world.client(name) for name in ("staff", "reviewer", "superuser")]
    found = {route: [client.get(admin_path(route, keys)).status_code for client in clients] for route in expected}
    assert found == expected


@pytest.mark.parametrize("name", ["visitor_a", "user_a", "user_b"])
def test_the_admin_sends_everybody_else_to_its_login(world: World, keys: dict[str, int], name: str) -> None:
    client = world.client(name)
    routes = [route for route in all_routes() if route.startswith("admin/") and route != "admin/login/"]
    for route in routes:
        answer = client.get(admin_path(route, keys))
        assert (route, answer.status_code) == (route, 302)


@pytest.mark.parametrize("name", ["staff", "reviewer", "superuser"])
def test_transcripts_cannot_be_changed_in_the_admin(world: World, keys: dict[str, int], name: str) -> None:
    client, before = world.client(name), stored()
    for model in ("chat/conversation", "chat/feedback", "chat/transcriptread"):
        for view in ("add/", "<path:object_id>/change/", "<path:object_id>/delete/"):
            path = admin_path(f"admin/{model}/{view}", keys)
            body = {"title": "Changed", "comment": "Changed", "value": -1, "post": "yes"}
            assert (path, client.post(path, body).status_code) == (path, 403)
        delete = {"action": "delete_selected", "_selected_action": [keys[model]], "post": "yes"}
        client.post(f"/admin/{model}/", delete)
    assert stored() == before
    assert User.objects.count() == 5
