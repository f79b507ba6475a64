"""Keys in the admin: shown once, changed, revoked, and what they were used for."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chat.api import actions
from chat.api.actions import Use
from chat.api.models import ApiKey
from chat.api.secrets import hash_of
from tests.chat.api.conftest import MakeKey

GIVEN = {"name": "A till", "scopes": ["chat"], "engines": ["rules"], "rate_per_minute": "7", "daily_tokens": "900"}


@pytest.fixture
def staff(db: None) -> Client:
    """Who may do everything."""
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def test_a_new_key_is_shown_this_once(staff: Client):
    page = staff.post("/admin/api/apikey/add/", GIVEN)
    key = ApiKey.objects.get()
    found = re.search(r'value="(duo-[^"]+)"', page.content.decode())
    assert found is not None
    assert (page.status_code, hash_of(found[1]), key.prefix) == (200, key.hash, found[1][:10])
    assert "no-store" in page["Cache-Control"]
    assert (key.scopes, key.engines, key.rate_per_minute, key.daily_tokens, key.created_by.username) == (
        *(["chat"], ["rules"], 7, 900),
        "root",
    )
    for path in ("", f"{key.pk}/change/"):
        shown = staff.get(f"/admin/api/apikey/{path}").content.decode()
        assert (key.prefix in shown, found[1] in shown, key.hash in shown) == (True, False, False)


def test_a_name_that_is_taken_makes_no_key(staff: Client, make_key: MakeKey):
    make_key("A till")
    page = staff.post("/admin/api/apikey/add/", GIVEN).content.decode()
    assert ("already exists" in page, ApiKey.objects.count()) == (True, 1)


def test_a_key_is_changed_and_keeps_its_secret(staff: Client, make_key: MakeKey):
    key, secret = make_key()
    staff.post(f"/admin/api/apikey/{key.pk}/change/", {**GIVEN, "daily_tokens": ""})
    key.refresh_from_db()
    assert (key.name, key.daily_tokens, key.hash) == ("A till", None, hash_of(secret))


def test_keys_are_revoked_from_their_page_and_from_the_list(staff: Client, make_key: MakeKey):
    (one, _), (two, _) = make_key("one"), make_key("two")
    staff.post(f"/admin/api/apikey/{one.pk}/change/", {**GIVEN, "_revoke": "Revoke"})
    staff.post("/admin/api/apikey/", {"action": "revoke", "_selected_action": [two.pk]})
    assert [key.valid() for key in ApiKey.objects.all()] == [False, False]
    assert "_revoke" not in staff.get(f"/admin/api/apikey/{one.pk}/change/").content.decode()


def test_its_use_is_drawn(staff: Client, make_key: MakeKey):
    key, _secret = make_key()
    address = f"/admin/api/apikey/{key.pk}/change/"
    assert "Not used yet." in staff.get(address).content.decode()
    actions.record_use(key, Use("gpt2", 1234, 56))
    shown = staff.get(address).content.decode()
    assert ('<rect width="100"' in shown, "1234" in shown, "style=" in shown) == (True, True, False)


def test_who_lacks_the_permission_sees_nothing(make_key: MakeKey):
    key, _secret = make_key()
    client = Client()
    client.force_login(User.objects.create_user("helper", is_staff=True))
    paths = ("", "add/", f"{key.pk}/change/", f"{key.pk}/delete/")
    assert {client.get(f"/admin/api/apikey/{path}").status_code for path in paths} == {403}
    client.post("/admin/api/apikey/add/", GIVEN)
    assert ApiKey.objects.count() == 1
