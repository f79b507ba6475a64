"""Keys: an input method's Enter never sends, in any field; the keyboard alone is enough."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.site import Site, answered, answers, ask, button, composer, questions, text_of

COMPOSING = [{"isComposing": True}, {"keyCode": 229}, {"isComposing": True, "keyCode": 229}]


def ime_enter(field: Locator, init: dict[str, object]) -> bool:
    """The Enter with which an input method takes a word; whether the page left it alone."""
    return field.evaluate(
        """(field, init) => field.dispatchEvent(new KeyboardEvent(
            'keydown', {key: 'Enter', code: 'Enter', bubbles: true, cancelable: true, ...init}))""",
        init,
    )


def safari_enter(field: Locator) -> bool:
    """Safari ends the composition first; then comes an Enter that looks like any other."""
    return field.evaluate(
        """(field) => {
            field.dispatchEvent(new CompositionEvent('compositionend', {bubbles: true}));
            return field.dispatchEvent(new KeyboardEvent(
                'keydown', {key: 'Enter', code: 'Enter', keyCode: 13, bubbles: true, cancelable: true}));
        }"""
    )


def compose(field: Locator) -> None:
    """Every kind of composing Enter; none may be taken for an Enter."""
    assert [ime_enter(field, init) for init in COMPOSING] == [True, True, True]
    assert safari_enter(field)


def test_composing_in_the_composer_never_sends(page: Page):
    composer(page).fill("ni hao")
    compose(composer(page))
    expect(questions(page)).to_have_count(0)
    expect(composer(page)).to_have_value("ni hao")
    page.wait_for_timeout(100)
    composer(page).press("Enter")
    expect(questions(page)).to_have_count(1)


def test_a_real_composition_never_sends(page: Page):
    composer(page).focus()
    protocol = page.context.new_cdp_session(page)
    protocol.send("Input.imeSetComposition", {"text": "你好", "selectionStart": 2, "selectionEnd": 2})
    for kind in ("rawKeyDown", "keyUp"):
        event = {"type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
        protocol.send("Input.dispatchKeyEvent", event)
    protocol.send("Input.insertText", {"text": "你好"})
    expect(composer(page)).to_have_value("你好")
    expect(questions(page)).to_have_count(0)


@pytest.mark.parametrize("place", ["edit", "rename", "search", "comment"])
def test_composing_in_every_other_field_does_nothing(page: Page, place: str):
    ask(page, "quick")
    answered(page)
    field = open_field(page, place)
    field.fill("zhong")
    page.wait_for_timeout(1000)  # what typing alone sets off is over
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    compose(field)
    expect(field).to_have_value("zhong")
    expect(questions(page)).to_have_count(1)
    expect(text_of(questions(page).first)).to_have_text("quick")
    assert asked == []


def open_field(page: Page, place: str) -> Locator:
    """Bring up one of the fields that react to Enter."""
    if place == "edit":
        questions(page).first.hover()
        button(questions(page).first, "Edit").click()
        return page.get_by_role("textbox", name="Edit your question")
    if place == "rename":
        page.locator("#conversations li").first.hover()
        page.get_by_role("button", name="Options for “quick”").click()
        button(page, "Rename").click()
        return page.get_by_role("textbox", name="New title")
    if place == "search":
        return page.get_by_role("searchbox", name="Search conversations")
    button(answers(page).last, "Good answer").click()
    return page.get_by_role("textbox", name="Comment (optional)")


def test_shift_enter_breaks_the_line(page: Page):
    composer(page).press_sequentially("one")
    composer(page).press("Shift+Enter")
    composer(page).press_sequentially("two")
    expect(composer(page)).to_have_value("one\ntwo")
    composer(page).press("Enter")
    answered(page)
    assert text_of(questions(page).first).text_content() == "one\ntwo"


def test_the_field_grows_to_eight_lines_and_then_scrolls(page: Page):
    heights = []
    for lines in (1, 8, 20):
        composer(page).fill("\n".join("line" for _ in range(lines)))
        heights.append(composer(page).evaluate("field => field.clientHeight"))
    assert heights[0] < heights[1] == heights[2]
    assert heights[1] == 8 * 24 + 24


def tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Press Tab until the target has the focus."""
    for _ in range(60):
        if target.evaluate("node => node === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{target} cannot be reached with {key}")


def test_the_keyboard_alone_is_enough(site: Site, page: Page):
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the message field")).to_be_focused()
    page.keyboard.press("Enter")
    expect(composer(page)).to_be_focused()
    page.keyboard.type("gate")
    page.keyboard.press("Enter")
    expect(text_of(answers(page).last)).to_contain_text("sentence number 3")
    expect(composer(page)).to_be_focused()
    page.keyboard.press("Escape")
    last = answered(page, "stopped")
    expect(composer(page)).to_be_focused()
    tab_to(page, button(last, "Good answer"), "Shift+Tab")
    page.keyboard.press("Space")
    expect(button(last, "Good answer")).to_have_attribute("aria-pressed", "true")
    tab_to(page, last.get_by_role("checkbox", name="Clear"))
    page.keyboard.press("Space")
    expect(last.get_by_role("checkbox", name="Clear")).to_be_checked()
    page.keyboard.press("Escape")
    expect(last.get_by_role("group", name="What was good?")).to_be_hidden()
    expect(button(last, "Good answer")).to_be_focused()
    tab_to(page, page.get_by_role("button", name="Options for “gate”"), "Shift+Tab")
    page.keyboard.press("Enter")
    tab_to(page, button(page, "Rename"))
    page.keyboard.press("Enter")
    page.keyboard.type("My gate")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="My gate")).to_be_visible()
    expect(page).to_have_title("My gate · Duologue")
