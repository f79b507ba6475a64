"""The admin's pages in a browser: hostile texts do nothing, axe finds nothing in our part, downloads arrive."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.seed_admin_login import NAME, PASSWORD
from tests.browser.site import ROOT, Site

LIST = "/admin/chat/conversation/"


@pytest.fixture(scope="module")
def keys(site: Site) -> list[str]:
    """The conversations: an ordinary one, then hostile ones."""
    command = [sys.executable, "-m", "tests.browser.seed_admin"]
    done = subprocess.run(command, cwd=ROOT, env=site.environment, check=True, capture_output=True, text=True)
    return done.stdout.split()


def sign_in(context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto("/admin/login/")
    page.fill("#id_username", NAME)
    page.fill("#id_password", PASSWORD)
    page.click("input[type=submit]")
    return page


def violations(page: Page, part: str) -> list[str]:
    found = Axe().run(page, context=part).response["violations"]
    return [f"{item['id']}: {node['target']}" for item in found for node in item["nodes"]]


def test_hostile_texts_do_nothing(visitor: Callable[..., BrowserContext], keys: list[str]):
    page = sign_in(visitor())
    alerts: list[str] = []
    page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url) if "evil.example" in request.url else None)
    for path in [LIST, f"{LIST}?q=alert", "/admin/chat/feedback/", *(f"{LIST}{key}/change/" for key in keys[1:])]:
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
        assert page.locator("main#content-start").is_visible()
    assert (alerts, outside) == ([], [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_axe_finds_nothing_in_our_part(
    visitor: Callable[..., BrowserContext], keys: list[str], scheme: str, width: int
):
    page = sign_in(visitor(color_scheme=scheme, viewport={"width": width, "height": 900}))
    page.goto(f"{LIST}{keys[0]}/change/")
    page.evaluate("document.querySelectorAll('.dl-record').forEach(part => part.open = true)")
    assert violations(page, ".dl-page") == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto(LIST)
    assert violations(page, ".dl-pages") == []
    assert violations(page, ".dl-dates") == []


def test_versions_are_reached_without_a_script(visitor: Callable[..., BrowserContext], keys: list[str]):
    page = sign_in(visitor(java_script_enabled=False))
    page.goto(f"{LIST}{keys[0]}/change/")
    page.get_by_role("link", name="Show version 1").click()
    assert page.locator("article[data-role=assistant]:target [data-part=text]").inner_text() == "Not long."
    page.get_by_role("link", name="Show what the visitor sees").click()
    assert page.locator("article[data-role=assistant] table").is_visible()


def test_an_export_arrives_from_a_real_server(visitor: Callable[..., BrowserContext], keys: list[str]):
    page = sign_in(visitor())
    page.goto(f"{LIST}{keys[0]}/change/")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Export as JSON lines").click()
    line = Path(waiting.value.path()).read_text(encoding="utf-8")
    assert json.loads(line)["title"] == "How long does it take?"


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_axe_finds_nothing_on_the_review_pages(
    visitor: Callable[..., BrowserContext], keys: list[str], scheme: str, width: int
):
    page = sign_in(visitor(bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 900}))
    assert keys
    for path in ("/review/", "/review/compare/", "/review/compare/pairs/", "/review/gaps/"):
        page.goto(path)
        assert (path, violations(page, "body")) == (path, [])
        assert page.evaluate("document.documentElement.scrollWidth") == width
    page.goto("/review/compare/")
    shown = page.locator("img:visible")
    # Votes and outcomes, and times where other tests' answers to this site were measured; the other theme's are hidden.
    expect(shown.nth(1)).to_be_visible()
    for number in range(shown.count()):
        shown.nth(number).scroll_into_view_if_needed()
        page.wait_for_function(
            "number => [...document.images].filter(i => i.checkVisibility())[number].naturalWidth", arg=number
        )
