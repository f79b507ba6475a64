"""The page around the conversation: languages, themes, accounts, the side bar, errors, weight."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import BrowserContext, Page, Response, expect

from tests.browser.site import Site, answered, ask, button, composer, conversation_id

LIMIT_BYTES = 120_000


def open_tools(page: Page, title: str) -> None:
    """Open the options of a conversation in the side bar."""
    page.get_by_role("link", name=title, exact=True).hover()
    page.get_by_role("button", name=f"Options for “{title}”").click()


def test_the_language_switch_keeps_the_conversation_and_the_draft(page: Page):
    ask(page, "quick")
    answered(page)
    where = conversation_id(page)
    composer(page).fill("draft")
    button(page, "中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    assert conversation_id(page) == where
    expect(page.locator("#message")).to_have_value("draft")
    button(page, "English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_browsers_language_is_the_first_choice(visitor: Callable[..., BrowserContext]):
    page = visitor(locale="zh-CN").new_page()
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(button(page, "English")).to_be_visible()


def test_the_buttons_have_their_chinese_names(site: Site, visitor: Callable[..., BrowserContext]):
    page = visitor(locale="zh-CN").new_page()
    page.goto("/")
    ask(page, "gate")
    expect(button(page, "停止")).to_be_visible()
    site.open_gate()
    last = answered(page)
    for name in ("重新生成", "有帮助", "没帮助"):
        expect(button(last, name)).to_be_visible()
    button(last, "有帮助").click()
    expect(last.locator(".thanks")).to_have_text("谢谢")


def test_a_message_in_the_other_language_says_so(page: Page):
    ask(page, "我的银行卡什么时候到？")
    answered(page)
    expect(page.locator("[data-part=text][lang=zh-hans]")).to_have_count(2)


def test_the_theme_goes_round_and_is_there_before_the_first_paint(page: Page, visitor: Callable[..., BrowserContext]):
    theme = page.locator("#theme")
    names = []
    for _ in range(3):
        theme.click()
        names.append((theme.get_attribute("aria-label"), page.evaluate("document.documentElement.dataset.theme ?? ''")))
    assert names == [("Theme: light", "light"), ("Theme: dark", "dark"), ("Theme: automatic", "")]
    theme.click()
    theme.click()
    page.route("**/controls.js", lambda route: route.abort())
    page.route("**/app.js", lambda route: route.abort())
    page.reload(wait_until="domcontentloaded")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    visitor.complaints.clear()  # the browser's own lines about the two scripts


def test_conversations_are_listed_searched_and_renamed(page: Page):
    ask(page, "quick about cards")
    answered(page)
    page.get_by_role("link", name="New conversation").click()
    expect(page.get_by_role("heading", name="How can we help?")).to_be_visible()
    ask(page, "quick about rent")
    answered(page)
    listed = page.locator("#conversations a")
    expect(listed).to_have_text(["quick about rent", "quick about cards"])
    expect(listed.first).to_have_attribute("aria-current", "page")
    page.get_by_role("searchbox").fill("cards")
    expect(listed).to_have_text(["quick about cards"])
    page.get_by_role("searchbox").fill("nothing like it")
    expect(page.get_by_text("Nothing found.")).to_be_visible()
    page.get_by_role("searchbox").press("Escape")
    expect(listed).to_have_count(2)
    open_tools(page, "quick about rent")
    button(page, "Rename").click()
    page.get_by_role("textbox", name="New title").fill("Rent")
    page.keyboard.press("Enter")
    expect(listed).to_have_text(["Rent", "quick about cards"])
    expect(page).to_have_title("Rent · Duologue")
    page.goto("/")
    expect(page).to_have_title("Rent · Duologue")


def test_a_deleted_conversation_comes_back(page: Page):
    ask(page, "quick about cards")
    answered(page)
    where = page.url
    open_tools(page, "quick about cards")
    button(page, "Delete").click()
    expect(page.get_by_text("“quick about cards” was deleted.")).to_be_visible()
    expect(page.get_by_role("heading", name="How can we help?")).to_be_visible()
    expect(page.locator("#conversations a")).to_have_count(0)
    button(page, "Undo").click()
    expect(page).to_have_url(where)
    answered(page)
    expect(page.locator("#conversations a")).to_have_count(1)


def test_on_a_phone_the_side_bar_is_a_sheet(visitor: Callable[..., BrowserContext]):
    page = visitor(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).new_page()
    page.goto("/")
    sheet = page.get_by_role("dialog", name="Conversations")
    expect(sheet).to_have_count(0)
    button(page, "Conversations").click()
    expect(sheet).to_be_visible()
    expect(button(page, "Close")).to_be_focused()
    for _ in range(8):  # the focus goes round inside, or to the browser, never to the page behind
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('#sidebar, body') !== null")
        assert page.evaluate("document.activeElement.closest('#main, #topbar') === null")
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(button(page, "Conversations")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_signing_up_takes_conversations_along_only_when_asked(page: Page):
    ask(page, "quick before")
    answered(page)
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("link", name="Sign up").click()
    page.get_by_role("textbox", name=re.compile("^Username")).fill(f"ann{conversation_name(page)}")
    for field in page.locator("input[type=password]").all():
        field.fill("correct horse battery")
    button(page, "Sign up").click()
    banner = page.get_by_role("region", name="Your earlier conversations")
    expect(banner).to_contain_text("You have 1 conversation from before you signed in.")
    expect(page.locator("#conversations a")).to_have_count(0)
    button(page, "Move them").click()
    expect(banner).to_be_hidden()
    expect(page.locator("#conversations a")).to_have_text(["quick before"])
    button(page, "Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    expect(page.locator("#conversations a")).to_have_count(0)


def conversation_name(page: Page) -> str:
    """Something that no other test uses as a name."""
    return page.evaluate("crypto.randomUUID().slice(0, 8)")


def test_a_wrong_password_is_refused_in_words(page: Page):
    page.goto("/accounts/login/")
    page.get_by_role("textbox", name=re.compile("^Username")).fill("nobody")
    page.locator("input[type=password]").fill("wrong")
    button(page, "Sign in").click()
    expect(page.locator(".errorlist")).to_contain_text("Please enter a correct username and password")


def test_without_javascript_the_page_says_what_it_needs(visitor: Callable[..., BrowserContext]):
    # Chromium's switch for tests turns scripts off, but not the parser's idea that there are some.
    assert re.search("<noscript>.*The chat needs JavaScript", visitor().request.get("/").text())


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500"])
def test_an_error_page_needs_nothing_from_the_request_that_failed(name: str):
    html = render_to_string(f"{name}.html")
    assert re.findall(r'<a class="button" href="(.*?)">(.*?)</a>', html) == [("/", "To the chat")]


def test_a_welcome_is_read_from_its_top(visitor: Callable[..., BrowserContext]):
    page = visitor(viewport={"width": 320, "height": 300}).new_page()
    page.goto("/")
    expect(page.get_by_role("heading", name="How can we help?")).to_be_in_viewport()


def test_the_whole_page_is_light_and_comes_from_here_alone(site: Site, visitor: Callable[..., BrowserContext]):
    page = visitor().new_page()
    loaded: list[Response] = []
    page.on("response", lambda response: loaded.append(response))
    page.goto("/", wait_until="networkidle")
    ask(page, "quick")
    answered(page)
    sizes = {response.url: len(response.body()) for response in loaded}
    assert [url for url in sizes if not url.startswith(site.url)] == []
    assert sum(sizes.values()) <= LIMIT_BYTES
