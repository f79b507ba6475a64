"""Two answers side by side, as a reviewer sees them: at once, voted on, revealed; two tabs, a reload, a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.site import Site, answered, answers, ask, button, composer, text_of

NAME, PASSWORD = "browser-reviewer", "browser-reviewer-1"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
Open = Callable[..., Page]

# By its title where another test has stored the article.
CITED = re.compile("card arrival|My new card has not arrived")


@pytest.fixture(scope="module")
def signed_in(site: Site, chromium: Browser) -> Any:
    """The cookies of an account that may compare."""
    site.seed("reviewer", NAME, PASSWORD)
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
def review(visitor: Callable[..., BrowserContext], signed_in: Any) -> Open:
    """Opens an empty chat as the reviewer, with the switch on."""

    def start(**options: object) -> Page:
        page = visitor(storage_state=signed_in, **options).new_page()
        page.goto("/?new=1")
        page.get_by_role("switch", name="Compare two answers").check()
        return page

    return start


def card(page: Page, side: str) -> Locator:
    return page.get_by_role("article", name=f"Answer {side}")


def both(page: Page, status: str = "complete") -> None:
    """Both answers are in this state."""
    for side in "AB":
        expect(card(page, side)).to_have_attribute("data-status", status)


def vote(page: Page, choice: str) -> None:
    page.get_by_role("radio", name=choice).check()
    button(page, "Vote and show who wrote what").click()


def authors(page: Page) -> list[str]:
    """Who wrote the answers, without the order."""
    expect(page.locator(".side-engine")).to_have_count(2)
    return sorted(page.locator(".side-engine").all_inner_texts())


def test_two_answers_at_once_a_vote_and_on(site: Site, review: Open):
    page = review()
    ask(page, "gate")
    for side in "AB":
        expect(text_of(card(page, side))).to_contain_text("sentence number 3")
    both(page, "streaming")
    expect(page.get_by_role("radio")).to_have_count(0)
    site.open_gate()
    both(page)
    for side in "AB":
        assert not re.search("Rules|GPT-2|Source|Answered|87%", card(page, side).inner_text())
    left, right = card(page, "A").bounding_box(), card(page, "B").bounding_box()
    assert left is not None
    assert right is not None
    assert (left["y"], left["x"] + left["width"] <= right["x"]) == (right["y"], True)
    page.get_by_role("radio", name="B is better").check()
    page.get_by_role("checkbox", name="Easier to understand").check()
    page.get_by_role("radio", name="Rules").check()
    button(page, "Vote and show who wrote what").dblclick()
    expect(page.get_by_text("You found answer B better.")).to_be_visible()
    assert authors(page) == ["GPT-2 with articles · Sure to 87%", "Rules · Sure to 87%"]
    expect(card(page, "A").get_by_text(CITED)).to_be_visible()
    chosen = text_of(card(page, "B")).inner_text()
    ask(page, "both")
    expect(page.locator(".side-engine")).to_have_count(0)
    expect(text_of(answers(page).first)).to_have_text(chosen)
    both(page)
    assert {text_of(card(page, side)).inner_text().split()[0] for side in "AB"} == {"Card", "It"}


def test_two_tabs_and_a_reload_in_the_middle(site: Site, review: Open):
    page = review()
    ask(page, "gate")
    expect(text_of(card(page, "B"))).to_contain_text("sentence number 3")
    other = page.context.new_page()
    other.goto(page.url)
    for tab in (other, page):
        tab.reload()
        both(tab, "streaming")
    site.open_gate()
    for tab in (other, page):
        both(tab)
        tab.get_by_role("radio", name="Equally good").check()
    button(page, "Vote and show who wrote what").click()
    for tab in (page, other):
        expect(tab.get_by_text("You found both equally good; it goes on with answer A.")).to_be_visible()
        expect(card(tab, "A")).to_have_class(re.compile("chosen"))
    other.reload()
    assert authors(other) == authors(page)


def test_by_keys_alone_and_a_person_after_two_bad_ones(review: Open):
    page = review()
    ask(page, "quick")
    both(page)
    page.keyboard.type("x marks nothing here")
    expect(composer(page)).to_have_value("x marks nothing here")
    page.locator("#log").focus()
    page.keyboard.press("x")
    expect(page.get_by_role("radio", name="Both bad")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="You found both answers bad.")).to_be_focused()
    expect(answers(page)).to_have_count(3)
    expect(text_of(answers(page).last)).to_have_text(re.compile("or ask a person of our team.\\s*$"))
    composer(page).fill("quick again")
    page.get_by_role("switch").uncheck()
    composer(page).press("Enter")
    expect(answers(page)).to_have_count(2)
    answered(page)
    expect(text_of(answers(page).first)).to_have_text(re.compile("or ask a person of our team.\\s*$"))


def test_asking_on_without_a_vote_goes_on_with_a(review: Open):
    page = review()
    ask(page, "both")
    both(page)
    shown = text_of(card(page, "A")).inner_text()
    page.get_by_role("switch").uncheck()
    ask(page, "quick")
    expect(answers(page)).to_have_count(2)
    answered(page)
    assert text_of(answers(page).first).inner_text() == shown
    expect(answers(page).first.get_by_text(CITED).last).to_be_visible()


def test_where_no_socket_opens_both_answers_arrive_by_polling(site: Site, review: Open):
    page = review()
    page.route_web_socket(re.compile("/ws/"), lambda socket: socket.close())
    ask(page, "both")
    both(page)
    vote(page, "A is better")
    assert len(authors(page)) == 2


@pytest.mark.parametrize("look", [{"color_scheme": "dark"}, PHONE])
def test_axe_finds_nothing(review: Open, look: dict[str, object]):
    page = review(bypass_csp=True, reduced_motion="reduce", **look)
    ask(page, "both")
    both(page)
    if look is PHONE:
        upper, lower = card(page, "A").bounding_box(), card(page, "B").bounding_box()
        assert upper is not None
        assert lower is not None
        assert (upper["x"], upper["width"]) == (lower["x"], lower["width"])
        assert upper["y"] + upper["height"] <= lower["y"]
    page.get_by_role("radio", name="A is better").check()
    clean(page, "vote")
    button(page, "Vote and show who wrote what").click()
    assert len(authors(page)) == 2
    clean(page, "decided")


def clean(page: Page, state: str) -> None:
    """No violation, of any rule."""
    found = Axe().run(page).response["violations"]
    assert [(state, one["id"], node["target"]) for one in found for node in one["nodes"]] == []


def test_a_visitor_sees_no_switch_and_loads_nothing_of_it(visitor: Callable[..., BrowserContext]):
    page = visitor().new_page()
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    page.goto("/", wait_until="networkidle")
    ask(page, "quick")
    answered(page)
    expect(page.get_by_role("switch")).to_have_count(0)
    assert [url for url in loaded if "compare" in url] == []
