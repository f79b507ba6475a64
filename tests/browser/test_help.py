"""The help pages in a browser, and the ways between them and the chat."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.site import Site, answered, answers, ask, button, composer

PHONE = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module", autouse=True)
def _articles(site: Site) -> None:
    site.seed("articles")


def test_a_source_opens_beside_the_conversation(page: Page):
    ask(page, "quick")
    source = answered(page).get_by_role("link", name="My new card has not arrived")
    expect(source).to_have_attribute("href", "/help/card_arrival/")
    with page.expect_popup() as opened:
        source.click()
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("My new card has not arrived")
    assert opened.value.evaluate("window.opener") is None
    expect(answers(page)).to_have_count(1)


def test_a_source_of_an_answer_in_the_other_language_opens_in_it(page: Page):
    ask(page, "我的银行卡什么时候到？")
    source = answered(page).get_by_role("link", name="新卡还没有收到")
    expect(source).to_have_attribute("href", "/help/card_arrival/?lang=zh-hans")
    expect(source).to_have_attribute("lang", "zh-hans")


def test_a_question_from_an_article_is_filled_in_and_not_sent(page: Page):
    page.goto("/help/card_arrival/")
    page.get_by_role("link", name="Ask about this").click()
    expect(composer(page)).to_have_value("My new card has not arrived")
    expect(composer(page)).to_be_focused()
    expect(page).to_have_url(re.compile(r"/\?new=1$"))
    page.reload()
    expect(composer(page)).to_have_value("My new card has not arrived")
    expect(answers(page)).to_have_count(0)


def test_a_draft_is_not_lost_to_a_question_from_an_article(page: Page):
    composer(page).fill("My own words")
    page.goto("/?new=1&ask=Another%0Aquestion")
    expect(composer(page)).to_have_value("My own words\nAnother\nquestion")


def test_the_help_pages_by_keyboard_alone(page: Page):
    page.goto("/help/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("stolen")
    page.keyboard.press("Enter")
    result = page.get_by_role("link", name="My card is lost or stolen")
    expect(result.locator("mark")).to_have_text("stolen")
    result.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("My card is lost or stolen")
    expect(page.get_by_role("group", name="Table")).to_have_attribute("tabindex", "0")


def test_a_phone_without_javascript_searches_and_reads(visitor: Callable[..., BrowserContext]):
    page = visitor(java_script_enabled=False, **PHONE).new_page()
    page.goto("/help/")
    page.get_by_role("searchbox").fill("手续费")
    button(page, "Search").click()
    page.get_by_role("link", name="转账手续费").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(page.get_by_role("heading", level=1)).to_have_text("转账手续费")


def test_the_language_switch_works_where_the_address_names_a_language(page: Page):
    page.goto("/help/card_arrival/?lang=zh-hans")
    button(page, "English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My new card has not arrived")
    expect(page).to_have_url(re.compile("/help/card_arrival/$"))


def test_no_help_page_is_wider_than_a_small_phone(visitor: Callable[..., BrowserContext]):
    page = visitor(**PHONE).new_page()
    for path in ("/help/", "/help/lost_card/", "/help/search/?q=card", f"/help/search/?q={'x' * 200}", "/?new=1"):
        page.goto(path)
        assert (path, page.evaluate("document.documentElement.scrollWidth")) == (path, 320)
