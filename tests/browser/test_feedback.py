"""Good answer, bad answer: saved at once, changed, taken back, and still there after a reload."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.site import answered, ask, button


def rated(page: Page, name: str) -> Locator:
    """The answer with that rating pressed and thanked for."""
    last = answered(page)
    expect(button(last, name)).to_have_attribute("aria-pressed", "true")
    expect(last.locator(".thanks")).to_have_text("Thanks")
    return last


def test_a_rating_is_saved_at_once_and_survives_a_reload(page: Page):
    ask(page, "quick")
    button(answered(page), "Bad answer").click()
    last = rated(page, "Bad answer")
    last.get_by_role("checkbox", name="Not correct").check()
    last.get_by_role("checkbox", name="Too slow").check()
    last.get_by_role("textbox", name="Comment (optional)").fill("The card never came.")
    last.get_by_role("textbox", name="Comment (optional)").press("Enter")
    rated(page, "Bad answer")
    page.reload()
    last = answered(page)
    expect(button(last, "Bad answer")).to_have_attribute("aria-pressed", "true")
    button(last, "Change rating").click()
    expect(last.get_by_role("checkbox", name="Not correct")).to_be_checked()
    expect(last.get_by_role("checkbox", name="Too slow")).to_be_checked()
    expect(last.get_by_role("checkbox", name="Incomplete")).not_to_be_checked()
    expect(last.get_by_role("textbox", name="Comment (optional)")).to_have_value("The card never came.")


def test_a_rating_changes_sides_with_its_own_reasons(page: Page):
    ask(page, "quick")
    button(answered(page), "Bad answer").click()
    rated(page, "Bad answer").get_by_role("checkbox", name="Not correct").check()
    button(answered(page), "Good answer").click()
    last = rated(page, "Good answer")
    expect(button(last, "Bad answer")).to_have_attribute("aria-pressed", "false")
    expect(last.get_by_role("group", name="What was good?").get_by_role("checkbox")).to_have_count(3)
    expect(last.get_by_role("checkbox", checked=True)).to_have_count(0)
    page.reload()
    expect(button(answered(page), "Good answer")).to_have_attribute("aria-pressed", "true")


def test_a_rating_is_taken_back_by_the_same_button_or_in_the_panel(page: Page):
    ask(page, "quick")
    button(answered(page), "Good answer").click()
    last = rated(page, "Good answer")
    button(last, "Remove rating").click()
    expect(last.get_by_role("group", name="What was good?")).to_be_hidden()
    expect(button(last, "Good answer")).to_be_focused()
    button(last, "Good answer").click()
    rated(page, "Good answer")
    button(last, "Good answer").click()
    expect(button(last, "Good answer")).to_have_attribute("aria-pressed", "false")
    page.reload()
    last = answered(page)
    expect(button(last, "Good answer")).to_have_attribute("aria-pressed", "false")
    expect(button(last, "Change rating")).to_be_hidden()


def test_the_other_tab_sees_the_rating(page: Page):
    ask(page, "quick")
    answered(page)
    other = page.context.new_page()
    other.goto(page.url)
    answered(other)
    button(answered(page), "Good answer").click()
    expect(button(answered(other), "Good answer")).to_have_attribute("aria-pressed", "true")
