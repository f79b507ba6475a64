"""A question, its answer, and everything that may happen to it: in a real browser on a real server."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.backend import LONG, SHORT
from tests.browser.site import (
    Site,
    answered,
    answers,
    ask,
    button,
    composer,
    conversation_id,
    questions,
    text_of,
    transcript,
)


def test_a_starter_is_asked_and_answered_word_by_word(site: Site, page: Page):
    expect(page.get_by_role("heading", name="How can we help?")).to_be_visible()
    ask(page, "gate")
    last = answers(page).last
    expect(last).to_have_attribute("data-status", "streaming")
    expect(text_of(last)).to_contain_text("sentence number 8")
    # While words arrive there are text nodes only.
    assert text_of(last).evaluate("node => node.childElementCount") == 0
    expect(button(page, "Stop")).to_be_visible()
    expect(button(page, "Send")).to_be_hidden()
    site.open_gate()
    answered(page)
    expect(text_of(last)).to_have_text(LONG[:900])
    assert text_of(last).evaluate("node => node.firstElementChild.tagName") == "P"
    expect(button(page, "Send")).to_be_visible()
    expect(composer(page)).to_be_focused()
    expect(page).to_have_title("gate · Duologue")


def test_what_was_typed_shows_at_once_and_only_once(page: Page):
    page.route("**/c/", lambda route: route.continue_() if route.request.method != "POST" else held.append(route))
    held: list = []
    ask(page, "quick one")
    expect(questions(page)).to_have_count(1)
    expect(questions(page).last).to_contain_text("Sending…")
    held[0].continue_()
    answered(page)
    expect(questions(page)).to_have_count(1)
    assert questions(page).last.get_attribute("data-message-id")


def test_a_reload_in_the_middle_shows_the_same_words_and_goes_on(site: Site, page: Page):
    ask(page, "gate")
    expect(text_of(answers(page).last)).to_contain_text("sentence number 8")
    before = text_of(answers(page).last).inner_text()
    page.reload()
    expect(answers(page).last).to_have_attribute("data-status", "streaming")
    expect(text_of(answers(page).last)).to_contain_text(before)
    site.open_gate()
    answered(page)
    expect(text_of(answers(page).last)).to_have_text(LONG[:900])
    expect(answers(page)).to_have_count(1)


def test_two_tabs_are_equal_and_a_stranger_sees_nothing(site: Site, page: Page, visitor: Callable[..., BrowserContext]):
    ask(page, "gate")
    identity = conversation_id(page)
    expect(text_of(answers(page).last)).to_contain_text("sentence number 8")
    other = page.context.new_page()
    other.goto(f"/c/{identity}/")
    stranger = visitor().new_page()
    response = stranger.goto(f"/c/{identity}/")
    assert (response.status, stranger.get_by_role("heading").inner_text()) == (404, "Page not found")
    visitor.complaints.clear()  # the browser's own line about the 404
    site.open_gate()
    for tab in (page, other):
        answered(tab)
    ask(other, "quick")
    for tab in (page, other):
        expect(answers(tab)).to_have_count(2)
        answered(tab)
    assert transcript(page) == transcript(other)


def test_stop_keeps_the_words_and_escape_stops_too(page: Page):
    ask(page, "gate")
    expect(text_of(answers(page).last)).to_contain_text("sentence number 8")
    button(page, "Stop").click()
    stopped = answered(page, "stopped")
    expect(stopped).to_contain_text("Stopped")
    assert LONG.startswith(text_of(stopped).inner_text().strip())
    expect(composer(page)).to_be_focused()
    ask(page, "gate again")
    expect(answers(page)).to_have_count(2)
    expect(text_of(answers(page).last)).to_contain_text("number")
    composer(page).press("Escape")
    answered(page, "stopped")


def test_a_stopped_answer_continues_in_place(page: Page):
    ask(page, "gate")
    expect(text_of(answers(page).last)).to_contain_text("sentence number 8")
    composer(page).press("Escape")
    stopped = answered(page, "stopped")
    button(stopped, "Continue").click()
    answered(page)
    expect(text_of(answers(page).last)).to_have_text(LONG[:900])
    expect(answers(page)).to_have_count(1)


def test_regenerate_makes_a_version_and_the_pager_goes_back(page: Page):
    ask(page, "where is my card?")
    first = answered(page).get_attribute("data-message-id")
    button(answers(page).last, "Regenerate").click()
    expect(answers(page).last).not_to_have_attribute("data-message-id", first)
    second = answered(page)
    expect(second).to_contain_text("2 of 2")
    button(second, "Previous version").click()
    expect(answers(page).last).to_have_attribute("data-message-id", first)
    expect(answers(page).last).to_contain_text("1 of 2")
    expect(answers(page)).to_have_count(1)


def test_an_edited_question_is_a_version_with_its_own_answer(page: Page):
    ask(page, "where is my card?")
    answered(page)
    ask(page, "quick")
    expect(answers(page)).to_have_count(2)
    answered(page)
    questions(page).first.hover()
    button(questions(page).first, "Edit").click()
    box = page.get_by_role("textbox", name="Edit your question")
    expect(box).to_be_focused()
    box.fill("quick, where is it?")
    box.press("Enter")
    expect(questions(page)).to_have_count(1)
    answered(page)
    expect(text_of(questions(page).first)).to_have_text("quick, where is it?")
    expect(questions(page).first).to_contain_text("2 of 2")
    button(questions(page).first, "Previous version").click()
    expect(questions(page)).to_have_count(2)
    expect(text_of(questions(page).first)).to_have_text("where is my card?")


def test_a_cancelled_edit_changes_nothing(page: Page):
    ask(page, "quick")
    answered(page)
    button(questions(page).first, "Edit").click()
    page.get_by_role("textbox", name="Edit your question").fill("something else")
    page.keyboard.press("Escape")
    expect(text_of(questions(page).first)).to_have_text("quick")
    expect(button(questions(page).first, "Edit")).to_be_focused()


def test_a_failed_answer_says_why_and_can_be_tried_again(page: Page):
    ask(page, "fail")
    failed = answered(page, "failed")
    expect(failed).to_contain_text("Failed")
    expect(failed).to_contain_text("Please try again.")
    button(failed, "Retry").click()
    expect(answers(page).last).to_contain_text("2 of 2")
    answered(page, "failed")


def test_an_interrupted_answer_offers_continue_and_retry(site: Site, page: Page):
    ask(page, "where is my card?")
    answered(page)
    site.seed("interrupt", conversation_id(page))
    page.reload()
    interrupted = answered(page, "interrupted")
    expect(interrupted).to_contain_text("Interrupted")
    expect(button(interrupted, "Retry")).to_be_visible()
    button(interrupted, "Continue").click()
    answered(page)
    expect(text_of(answers(page).last)).to_have_text(SHORT)


def test_waiting_says_the_place_and_the_time(site: Site, page: Page):
    ask(page, "queue")
    expect(answers(page).last).to_contain_text("2 people before you, about 15 seconds")
    site.open_gate()
    answered(page)


def test_a_model_that_starts_shows_its_progress(site: Site, page: Page):
    site.model({"state": "starting", "progress": 0.4, "eta_s": 10})
    page.reload()
    expect(page.locator("#status")).to_have_text("Starting the model, about 10 seconds. You can ask already.")
    ask(page, "start")
    last = answers(page).last
    expect(last.locator(".state")).to_have_text("Starting the model, about 10 seconds")
    expect(last.get_by_role("progressbar")).to_have_js_property("value", 0.4)
    site.model({"state": "starting", "progress": 0.9, "eta_s": 1})
    expect(last.locator(".state")).to_have_text("Starting the model, about 1 second")
    site.model(None)
    site.open_gate()
    answered(page)
    expect(page.locator("#status")).to_be_hidden()


def test_the_model_becomes_ready_on_an_empty_page(site: Site, page: Page):
    site.model({"state": "starting", "progress": 0.4, "eta_s": 10})
    page.reload()
    expect(page.locator("#status")).to_contain_text("Starting the model")
    site.model(None)
    expect(page.locator("#status")).to_be_hidden()


def test_a_draft_survives_a_reload(page: Page):
    composer(page).fill("half a question")
    page.reload()
    expect(composer(page)).to_have_value("half a question")
    composer(page).press("Enter")
    answered(page)
    composer(page).fill("the next half")
    page.reload()
    expect(composer(page)).to_have_value("the next half")
    page.goto("/?new=1")
    expect(composer(page)).to_have_value("")


def test_a_counter_near_the_limit_and_a_refusal_that_keeps_the_text(page: Page):
    composer(page).fill("a" * 3199)
    expect(page.locator("#counter")).to_be_hidden()
    composer(page).fill("字" * 3200)
    expect(page.locator("#counter")).to_have_text("3,200 of 4,000 characters")
    composer(page).fill("😀" * 4001)
    composer(page).press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Your message is 1 character too long. Please shorten it.")
    expect(composer(page)).to_have_value("😀" * 4001)
    composer(page).fill("quick")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_a_rate_limit_gives_the_text_back_and_says_when(page: Page):
    for number in range(12):
        ask(page, f"quick {number}")
        expect(answers(page)).to_have_count(number + 1)
        answered(page)
    ask(page, "one too many")
    expect(page.get_by_role("alert")).to_have_text(re.compile(r"Please try again in \d+ seconds?\."))
    expect(composer(page)).to_have_value("one too many")
    expect(questions(page)).to_have_count(12)


def test_an_unreachable_server_gives_the_text_back(page: Page, visitor: Callable[..., BrowserContext]):
    page.route("**/c/", lambda route: route.abort())
    ask(page, "are you there?")
    expect(page.get_by_role("alert")).to_contain_text("Your text is kept")
    expect(composer(page)).to_have_value("are you there?")
    visitor.complaints.clear()  # the browser's own line about the failed request


def test_enter_while_an_answer_runs_keeps_the_text(site: Site, page: Page):
    ask(page, "gate")
    expect(answers(page)).to_have_count(1)
    ask(page, "impatient")
    expect(page.get_by_role("alert")).to_contain_text("Stop it first")
    expect(composer(page)).to_have_value("impatient")
    site.open_gate()
    answered(page)


def test_answers_are_markdown_with_tables_and_code_to_copy(page: Page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(page, "table")
    last = answered(page)
    expect(last.get_by_role("table")).to_be_visible()
    expect(last).to_contain_text(re.compile("Source: (card arrival|My new card has not arrived)", re.I))
    button(last, "Copy code").click()
    expect(last.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("def days_left(")
    button(last, "Copy answer").click()
    expect(last.get_by_role("button", name="Copied")).to_have_count(2)
    assert page.evaluate("navigator.clipboard.readText()").startswith("A replacement takes **three")


@pytest.mark.parametrize(
    ("question", "line"),
    [
        ("surely quick", "Answered by the help articles · sure"),
        ("perhaps quick", "Answered by the language model · not quite sure, please check the source"),
        ("unheard quick", "Answered by the language model · did not know"),
    ],
)
def test_who_answered_and_how_sure_stands_under_the_answer(page: Page, question: str, line: str):
    ask(page, question)
    expect(answered(page).get_by_text(line, exact=True)).to_be_visible()
    page.reload()
    expect(answered(page).get_by_text(line, exact=True)).to_be_visible()
    ask(page, "quick")
    expect(answers(page)).to_have_count(2)
    expect(answered(page).locator(".who")).to_be_hidden()


def test_a_screen_reader_hears_each_sentence_once(page: Page):
    page.evaluate("""() => {
        window.heard = [];
        new MutationObserver((all) => all.forEach((one) => one.addedNodes.forEach((node) =>
            window.heard.push(node.textContent)))).observe(document.getElementById('announcer'), {childList: true});
    }""")
    ask(page, "where is my card?")
    answered(page)
    assert " ".join(page.evaluate("window.heard")) == SHORT
    page.reload()
    answered(page)
    expect(page.locator("#announcer")).to_be_empty()
    assert page.get_by_role("log").get_attribute("aria-live") == "off"
