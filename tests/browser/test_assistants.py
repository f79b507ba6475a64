"""Choosing an assistant and an engine, and a result as a table; nothing of it where there is nothing to choose."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.site import Site, answered, answers, ask, button, conversation_id, text_of

NAME, PASSWORD = "browser-chooser", "browser-chooser-1"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "color_scheme": "dark"}


@pytest.fixture(scope="module")
def signed_in(site: Site, chromium: Browser) -> Iterator[Any]:
    """The cookies of a member of staff, while the shipped assistants are there."""
    site.seed("assistants")
    site.seed("reviewer", NAME, PASSWORD)
    context = chromium.new_context(base_url=site.url, locale="en-GB")
    page = context.new_page()
    page.goto("/accounts/login/")
    page.locator("input[name=username]").fill(NAME)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("form.form button").click()
    state = context.storage_state()
    context.close()
    yield state
    site.seed("no-assistants")


def clean(page: Page, state: str) -> None:
    """No violation, of any rule."""
    found = Axe().run(page).response["violations"]
    assert [(state, one["id"], node["target"]) for one in found for node in one["nodes"]] == []


@pytest.mark.parametrize("look", [{}, PHONE])
def test_staff_choose_ask_and_read_a_table(visitor: Callable[..., BrowserContext], signed_in: Any, look: Any):
    context = visitor(storage_state=signed_in, bypass_csp=True, reduced_motion="reduce", **look)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto("/?new=1")
    expect(page.get_by_role("radio", name="Customer support")).to_be_checked()
    page.get_by_role("radio", name="Text classification").check()
    expect(page.locator("[data-starter]").last).to_have_text(re.compile("^Thanks, Maria!"))
    expect(page).to_have_url(re.compile("assistant=classification"))
    clean(page, "chosen")
    page.reload()
    expect(page.get_by_role("radio", name="Text classification")).to_be_checked()
    ask(page, "classify")
    last = answered(page)
    expect(last.get_by_role("row", name="Sentiment Negative")).to_be_visible()
    expect(last.get_by_role("row", name="Places")).to_contain_text("<b>Bonn</b>")
    assert "{" not in text_of(last).inner_text()
    expect(page.locator(".with-name")).to_have_text("Text classification")
    clean(page, "result")
    button(last, "Copy answer").click()
    expect(button(last, "Copied")).to_be_visible()
    assert json.loads(page.evaluate("navigator.clipboard.readText()"))["topic"] == "card"
    other = context.new_page()
    other.goto(page.url)
    page.get_by_label("Engine", exact=True).select_option("cloud")
    expect(other.get_by_label("Engine", exact=True)).to_have_value("cloud")
    expect(answers(other).last.get_by_role("row", name="Topic Card")).to_be_visible()
    page.get_by_text("New conversation with…").click()
    clean(page, "menu")
    page.get_by_role("link", name="Translation").click()
    expect(page.get_by_role("radio", name="Translation")).to_be_checked()


def test_half_a_result_is_never_shown(site: Site, visitor: Callable[..., BrowserContext], signed_in: Any):
    page = visitor(storage_state=signed_in).new_page()
    page.goto("/?assistant=classification")
    ask(page, "classify gate")
    expect(answers(page).last.get_by_text("Working out the result…")).to_be_visible()
    expect(text_of(answers(page).last)).to_have_text("")
    conversation_id(page)
    page.reload()
    expect(answers(page).last.get_by_text("Working out the result…")).to_be_visible()
    button(page, "Stop").click()
    expect(text_of(answered(page, "stopped"))).to_have_text("The answer ended before there was a result.")
    ask(page, "quick")
    expect(text_of(answered(page))).to_have_text("The model gave no valid result. This is what it wrote:Yes.")


@pytest.mark.usefixtures("signed_in")
def test_a_visitor_chooses_among_what_is_for_everybody(visitor: Callable[..., BrowserContext]):
    page = visitor(locale="zh-CN").new_page()
    page.goto("/?assistant=classification")
    expect(page.get_by_role("radio")).to_have_count(2)
    expect(page.get_by_role("radio", name="客服")).to_be_checked()
    expect(page.locator("#engine")).to_have_count(0)
    page.get_by_role("radio", name="客服").press("ArrowDown")
    page.locator("[data-starter]").first.click()
    answered(page)
    expect(page.locator(".with-name")).to_have_text("知识库问答")
