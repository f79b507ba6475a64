"""Reviewing answers: a sitting by keys alone, by touch on a phone, and axe finds nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.site import Site

NAME, PASSWORD = "queue-reviewer", "queue-reviewer-1"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def signed_in(site: Site, chromium: Browser) -> Any:
    """The cookies of a reviewer."""
    site.seed("queue", NAME, PASSWORD, "1")
    context = chromium.new_context(base_url=site.url, locale="en-GB")
    page = context.new_page()
    page.goto("/accounts/login/")
    page.locator("input[name=username]").fill(NAME)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("form.form button").click()
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def desk(site: Site, visitor: Callable[..., BrowserContext], signed_in: Any) -> Callable[..., Page]:
    """Opens the page with so many answers in the queue."""

    def start(count: int, **options: object) -> Page:
        site.seed("queue", NAME, PASSWORD, str(count))
        page = visitor(storage_state=signed_in, **options).new_page()
        page.goto("/review/queue/")
        expect(page.locator(".item")).to_be_visible()
        return page

    return start


def told(page: Page) -> Locator:
    return page.locator("#status")


def item(page: Page) -> str:
    return page.locator(".item").get_attribute("data-id") or ""


def test_a_sitting_by_keys_alone(desk: Callable[..., Page], visitor: Callable[..., BrowserContext]):
    page = desk(4)
    press = page.keyboard.press
    first = item(page)
    expect(page.get_by_text("Rules")).to_have_count(0)
    expect(page.get_by_role("group", name="Correct")).to_have_class(re.compile("here"))
    press("Enter")
    expect(page.get_by_text("Please rate every criterion.")).to_be_visible()
    press("1")
    expect(page.get_by_role("combobox", name="Root cause")).to_be_focused()
    press("ArrowDown")
    press("Enter")
    for key in "33":
        press(key)
    press("ArrowUp")
    press("0")
    for key in "332":
        press(key)
    press("i")
    ideal = page.get_by_role("textbox", name="Ideal answer")
    expect(ideal).to_have_value("Five days.")
    expect(page.locator(".lines ins").first).to_be_visible()
    ideal.fill("It takes {number} days.")
    expect(page.get_by_text("{number}").first).to_be_visible()
    press("Control+Enter")
    expect(page.locator(".wrong")).to_contain_text("left over")
    visitor.complaints.clear()  # type: ignore[attr-defined] # the browser notes the refusal
    assert item(page) == first
    ideal.fill("It takes five days.")
    press("Escape")
    press("Enter")
    expect(told(page)).to_contain_text("Written by GPT-2 with articles.")
    expect(page.locator("#progress")).to_have_text("1 today, 3 left")
    second = item(page)
    press("u")
    expect(told(page)).to_contain_text("Taken back.")
    assert (item(page), first != second) == (first, True)
    expect(page.get_by_role("radio", name=re.compile("^1 Wrong"))).to_be_checked()
    expect(ideal).to_have_value("It takes five days.")
    press("Escape")
    press("Enter")
    expect(page.locator("#progress")).to_have_text("1 today, 3 left")
    press("s")
    press("1")
    expect(told(page)).to_have_text("Skipped.")
    expect(page.locator("#progress")).to_have_text("1 today, 2 left")
    for left in (1, 0):
        for key in "533332":
            press(key)
        press("Enter")
        expect(page.locator("#progress")).to_have_text(f"{3 - left} today, {left} left")
    expect(page.get_by_text("Nothing is left to review.")).to_be_visible()
    press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_by_touch_on_a_phone(desk: Callable[..., Page]):
    page = desk(1, **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for name, level in (("Correct", 4), ("Grounded", 3), ("Complete", 3), ("Clear", 3), ("Tone", 2), ("Safe", 2)):
        group = page.get_by_role("group", name=re.compile(f"^{name}"))
        group.locator(".levels .n").nth(level - 1).tap()
    page.get_by_role("button", name="Submit").tap()
    expect(page.get_by_text("Nothing is left to review.")).to_be_visible()
    page.get_by_role("button", name="Undo").tap()
    expect(page.get_by_role("radio", name=re.compile("^4 Right"))).to_be_checked()


@pytest.mark.parametrize(
    "options",
    [{"color_scheme": "light"}, {"color_scheme": "dark", "locale": "zh-CN", **PHONE}],
    ids=["light", "dark, Chinese, phone"],
)
def test_axe_finds_nothing(desk: Callable[..., Page], options: dict[str, Any]):
    page = desk(2, bypass_csp=True, reduced_motion="reduce", **options)
    page.keyboard.press("1")
    page.locator(".open-ideal").click()
    expect(page.locator(".lines ins").first).to_be_visible()
    page.locator(".open-skip").click()
    found = Axe().run(page).response["violations"]
    assert [(one["id"], node["target"]) for one in found for node in one["nodes"]] == []
