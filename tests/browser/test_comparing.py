"""Two answers side by side, as a reviewer sees them: at once, voted on, revealed; two tabs, a reload, a phone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.site import Site, answered, answers, ask, button, composer, text_of

NAME, PASSWORD = "browser-reviewer", "browser-reviewer-1"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
Visitor = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def reviewer(site: Site) -> None:
    """An account that may compare."""
    site.seed("reviewer", NAME, PASSWORD)


@pytest.fixture
def review(visitor: Visitor, reviewer: None) -> Callable[..., Page]:
    """Opens an empty chat as the reviewer, with the switch on."""

    def start(**options: object) -> Page:
        page = visitor(**options).new_page()
        page.goto("/accounts/login/")
        page.locator("input[name=username]").fill(NAME)
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("form.form button").click()
        page.goto("/?new=1")
        page.get_by_role("switch").check()
        return page

    return start


def card(page: Page, side: str) -> Locator:
    return page.get_by_role("article", name=f"Answer {side}")


def vote(page: Page, choice: str) -> None:
    page.get_by_role("radio", name=choice).check()
    button(page, "Vote and show who wrote what").click()


def test_two_answers_at_once_a_vote_and_on(site: Site, review: Callable[..., Page]):
    page = review()
    ask(page, "gate")
    for side in "AB":
        expect(text_of(card(page, side))).to_contain_text("sentence number 3")
        expect(card(page, side)).to_have_attribute("data-status", "streaming")
    expect(page.get_by_role("radio")).to_have_count(0)
    site.open_gate()
    for side in "AB":
        expect(card(page, side)).to_have_attribute("data-status", "complete")
        assert not re.search("Rules|GPT-2|Source|87%", card(page, side).inner_text())
    left, right = card(page, "A").bounding_box(), card(page, "B").bounding_box()
    assert left is not None
    assert right is not None
    assert (left["y"], left["x"] + left["width"] <= right["x"]) == (right["y"], True)
    page.get_by_role("radio", name="B is better").check()
    page.get_by_role("checkbox", name="Easier to understand").check()
    page.get_by_role("radio", name="GPT-2").check()
    button(page, "Vote and show who wrote what").dblclick()
    expect(page.get_by_text("You found answer B better.")).to_be_visible()
    names = sorted(card(page, side).locator(".side-engine").inner_text() for side in "AB")
    assert names == ["GPT-2 · 87% sure", "Rules · 87% sure"]
    expect(card(page, "A")).to_contain_text("Source: card arrival")
    chosen = text_of(card(page, "B")).inner_text()
    ask(page, "quick")
    expect(text_of(answers(page).first)).to_have_text(chosen)
