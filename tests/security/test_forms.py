"""Nothing changes without the page's own token, and looking changes nothing."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.test import Client

from tests.security.conftest import World
from tests.security.routes import all_routes
from tests.security.test_walk import COMMON, OWN, payload, stored

FORM = {"username": "x", "password": "y"}
UNSAFE = {
    **dict.fromkeys(("accounts/login/", "accounts/logout/", "accounts/signup/", "i18n/setlang/"), FORM),
    **dict.fromkeys(("admin/login/", "admin/logout/", "admin/password_change/"), FORM),
    **{route: {} for route, (method, _path, _statuses) in COMMON.items() if method == "post"},
    **{route: body for route, (method, body) in OWN.items() if method == "post"},
}


def address(route: str, world: World) -> str:
    """The route for a conversation of user A, or for an article or a picture; for anything else, one that is not."""
    path = route.replace("<uuid:conversation_id>", world.owned["user_a"].id)
    path = re.sub("<uuid:[a-z_]+>", str(uuid.UUID(int=0)), path)
    return "/" + path.replace("<slug:slug>", "card_arrival").replace("<slug:name>", "total")


@pytest.mark.parametrize("route", sorted(UNSAFE))
def test_a_post_without_the_token_is_refused(world: World, route: str) -> None:
    before = stored()
    client = world.client("user_a", csrf=True)
    answers = [
        client.post(address(route, world), UNSAFE[route], content_type="application/json"),
        client.post(address(route, world), FORM),
        client.post(address(route, world), {**FORM, "csrfmiddlewaretoken": "x" * 64}),
    ]
    # The API asks for a key and knows no cookie: what a browser carries along is worth nothing there.
    refusal = 401 if route.startswith("v1/") else 403
    assert [answer.status_code for answer in answers] == [refusal] * 3
    assert stored() == before
    assert client.get("/").context["boot"]["signed_in"] is True


def test_a_token_from_a_foreign_origin_is_refused(world: World) -> None:
    client = world.client("user_a", csrf=True)
    token = client.get("/").context["csrf_token"]
    body = payload("sync", world.owned["user_a"])
    path = f"/c/{world.owned['user_a'].id}/command/"

    def post(origin: str) -> int:
        headers = {"X-CSRFToken": str(token), "Origin": origin}
        return client.post(path, body, content_type="application/json", headers=headers).status_code

    assert post("http://testserver") == 200
    foreign = ["https://testserver", "http://testserver:81", "http://evil.example", "null"]
    assert [post(origin) for origin in foreign] == [403] * len(foreign)


def test_every_route_that_takes_a_post_is_tried(world: World) -> None:
    """A route outside these tables either takes no POST from outside or is the admin's, which checks as one."""
    safe = {route for route in all_routes() if not route.startswith("admin/")} - set(UNSAFE)
    client = world.client("user_a")
    refused = {route: client.post(address(route, world), {}).status_code for route in safe}
    assert refused == dict.fromkeys(safe, 405) | {"v1/<path:rest>": 404}


def test_looking_changes_nothing(world: World) -> None:
    before = stored()
    for name in ("visitor_a", "user_a"):
        client = world.client(name)
        for path in ("/", "/?new=1", f"/c/{world.owned[name].id}/", f"/c/{world.owned[name].id}/poll/", "/c/list/"):
            assert client.get(path).status_code == 200
            assert client.head(path).status_code in (200, 405)
    assert stored() == before


def test_a_newcomer_who_only_looks_gets_no_session(world: World) -> None:
    client: Any = Client()
    client.get("/")
    client.get("/accounts/login/")
    assert "sessionid" not in client.cookies
