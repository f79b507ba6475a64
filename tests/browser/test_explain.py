"""Explain this answer, in a browser: panels when they are opened, words by keyboard, nothing that axe finds."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.site import ROOT, Site
from tests.browser.test_axe import SETTINGS, clean

NAME, PASSWORD = "explainer", "a-long-pass-phrase-9"


@pytest.fixture(scope="module")
def ids(site: Site) -> list[str]:
    """The model's own words, and an answer of the rules."""
    site.seed("reviewer", NAME, PASSWORD)
    command = [sys.executable, "-m", "tests.browser.seed_explain"]
    done = subprocess.run(command, cwd=ROOT, env=site.environment, check=True, capture_output=True, text=True)
    return done.stdout.split()


def opened(context: BrowserContext, message: str) -> Page:
    """The page, signed in."""
    page = context.new_page()
    page.goto(f"/accounts/login/?next=/review/explain/{message}/")
    page.fill("input[name=username]", NAME)
    page.fill("input[name=password]", PASSWORD)
    page.locator(".form button").click()
    expect(page.locator(".explain-panel").first).to_be_visible()
    expect(page.locator("[aria-busy]")).to_have_count(0)
    return page


def test_words_tell_what_else_was_likely_and_lead_inside(visitor: Callable[..., BrowserContext], ids: list[str]):
    page = opened(visitor(), ids[0])
    expect(page.locator(".prompt").first).to_contain_text("my new card")
    assert page.locator(".words").count() == 0
    page.locator("[data-kind=tokens] > summary").press("Enter")
    words = page.locator(".words [data-word]")
    expect(words.first).to_be_visible()
    words.first.focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    expect(words.nth(2)).to_be_focused()
    details = page.locator(".word-details")
    expect(details.locator("h3")).to_have_text(words.nth(2).get_attribute("aria-label") or "")
    assert details.locator("table").first.locator("tbody tr").count() in (5, 6)
    words.nth(5).hover()
    expect(details.locator("h3")).to_have_text(words.nth(5).get_attribute("aria-label") or "")
    details.locator("button").first.click()
    first = page.locator("[data-kind=token]").first
    expect(first.locator(".prompt")).to_be_visible()
    token = page.locator("#token").input_value()
    assert int(token) >= 5
    page.locator("[data-kind=token] > summary").nth(1).click()
    head = page.locator("[data-head='2-3']")
    head.click()
    expect(page.locator("[data-seen='2-3']")).to_be_visible()
    expect(page.locator("[data-seen='']")).to_be_hidden()


@pytest.mark.parametrize("kind", ["phone", "chinese"])
def test_axe_finds_nothing_with_everything_open(visitor: Callable[..., BrowserContext], ids: list[str], kind: str):
    context = visitor(**SETTINGS[kind], bypass_csp=True, reduced_motion="reduce")
    for message, panels in zip(ids, (9, 3), strict=True):
        page = opened(context, message) if message == ids[0] else context.pages[0]
        page.goto(f"/review/explain/{message}/")
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        expect(page.locator(".explain-panel")).to_have_count(panels)
        expect(page.locator("[aria-busy]")).to_have_count(0)
        expect(page.locator(".failed")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        clean(page, f"{kind}, {panels} panels")


def test_a_failure_is_a_sentence_and_can_be_tried_again(visitor: Callable[..., BrowserContext], ids: list[str]):
    page = opened(visitor(), ids[1])
    answer = {"state": "failed", "detail": "This could not be computed."}
    page.route("**/support/", lambda route: route.fulfill(json=answer), times=1)
    page.locator("[data-panel$='/support/'] > summary").click()
    expect(page.get_by_role("alert")).to_have_text(answer["detail"])
    page.get_by_role("button", name="Try again").click()
    expect(
        page.locator("[data-panel$='/support/'] .sentences, [data-panel$='/support/'] .explain-body > p").first
    ).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
