"""axe finds nothing, on any page, in any state, in light and in dark, on a phone and on a desk."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.site import (
    Site,
    answered,
    answers,
    ask,
    button,
    composer,
    questions,
)

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SETTINGS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"color_scheme": "light", **PHONE},
    "chinese": {"color_scheme": "dark", "locale": "zh-CN"},
}


@pytest.fixture(params=SETTINGS)
def page(request: pytest.FixtureRequest, visitor: Callable[..., BrowserContext]) -> Page:
    page = visitor(**SETTINGS[request.param], bypass_csp=True, reduced_motion="reduce").new_page()
    page.goto("/")
    return page


def clean(page: Page, state: str) -> None:
    """No violation, of any rule."""
    found = Axe().run(page).response["violations"]
    assert [(state, one["id"], node["target"]) for one in found for node in one["nodes"]] == []


def test_every_state_of_the_chat(site: Site, page: Page):
    clean(page, "empty")
    ask(page, "gate")
    expect(answers(page).last).to_contain_text("sentence number 3")
    clean(page, "streaming")
    page.keyboard.press("Escape")
    answered(page, "stopped")
    clean(page, "stopped")
    ask(page, "table")
    expect(answers(page)).to_have_count(2)
    answered(page)
    answers(page).last.locator(".row button").nth(2).click()
    answers(page).last.get_by_role("checkbox").first.check()
    expect(answers(page).last.locator(".thanks")).not_to_be_empty()
    clean(page, "table, code and feedback")
    ask(page, "fail")
    answered(page, "failed")
    answers(page).last.locator(".row button").nth(3).click()
    expect(answers(page).last).to_contain_text(re.compile("2 (of|/) 2"))
    answered(page, "failed")
    clean(page, "failed, with versions")
    questions(page).last.hover()
    questions(page).last.locator(".row button").first.click()
    clean(page, "editing")
    page.keyboard.press("Escape")
    ask(page, "queue")
    expect(answers(page).last).to_contain_text("15")
    clean(page, "waiting")
    composer(page).fill("x" * 4100)
    composer(page).press("Enter")
    clean(page, "refused")
    site.open_gate()
    answered(page)


def test_the_side_bar(page: Page):
    ask(page, "quick")
    answered(page)
    if page.locator("#menu").is_visible():
        page.locator("#menu").click()
        page.wait_for_timeout(300)
    page.locator("#conversations li").first.hover()
    page.locator("#conversations .tool").first.click()
    clean(page, "options")
    page.locator(".list-tools .link").first.click()
    clean(page, "renaming")
    page.keyboard.press("Escape")
    page.locator("#conversations li").first.hover()
    page.locator("#conversations .tool").first.click()
    page.locator(".list-tools .link").last.click()
    expect(page.locator(".toast")).to_be_visible()
    clean(page, "deleted, with a way back")


def test_the_help_pages(site: Site, page: Page, visitor: Callable[..., BrowserContext]):
    site.seed("articles")
    for path in ("", "lost_card/", "search/?q=card", "card_was_lost/"):
        page.goto(f"/help/{path}")
        clean(page, path)
    visitor.complaints.clear()  # the browser's own line about 404


def test_the_plain_pages(page: Page, visitor: Callable[..., BrowserContext]):
    for path in ("/accounts/login/", "/accounts/signup/"):
        page.goto(path)
        page.locator(".form button").click()
        clean(page, path)
        page.locator(".form").evaluate("form => { form.noValidate = true; }")
        page.locator(".form button").click()
        expect(page.locator(".errorlist").first).to_be_visible()
        clean(page, f"{path} with errors")
    page.goto("/nowhere/")
    clean(page, "404")
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    page.context.clear_cookies()
    page.locator("input[name=username]").fill("a")
    page.locator("input[name=password]").fill("a")
    button(page.locator("form.form"), page.locator(".form button").inner_text()).click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    clean(page, "CSRF")
    visitor.complaints.clear()  # the browser's own lines about 404 and 403
