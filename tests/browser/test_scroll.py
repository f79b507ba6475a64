"""The view follows only at the end, holds still while somebody reads, and loads a long history on the way up."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.site import Site, answered, answers, ask, button, conversation_id, text_of

AT_END = "log => log.scrollHeight - log.scrollTop - log.clientHeight <= 2"


def grown(page: Page, sentence: str) -> None:
    expect(text_of(answers(page).last)).to_contain_text(sentence)


def test_the_view_follows_at_the_end(page: Page):
    page.set_viewport_size({"width": 390, "height": 400})
    ask(page, "gate")
    grown(page, "sentence number 8")
    log = page.get_by_role("log")
    assert log.evaluate("log => log.scrollHeight > log.clientHeight")
    assert log.evaluate(AT_END)
    expect(button(page, "New words below")).to_be_hidden()


def test_the_view_never_moves_while_somebody_reads(site: Site, page: Page):
    page.set_viewport_size({"width": 390, "height": 400})
    ask(page, "table")
    answered(page)
    ask(page, "gate")
    grown(page, "sentence number 3")
    log = page.get_by_role("log")
    log.hover()
    page.mouse.wheel(0, -300)
    expect(button(page, "Stop")).to_be_visible()
    page.wait_for_function(
        "log => log.dataset.y === String(log.scrollTop) || void (log.dataset.y = log.scrollTop)",
        arg=log.element_handle(),
        polling=200,
    )
    before = log.evaluate("log => log.scrollTop")
    site.open_gate()
    answered(page)
    assert log.evaluate("log => log.scrollTop") == before
    assert not log.evaluate(AT_END)
    button(page, "New words below").click()
    assert log.evaluate(AT_END)
    expect(button(page, "New words below")).to_be_hidden()


def test_three_hundred_messages_load_on_the_way_up_without_a_jump(site: Site, page: Page):
    ask(page, "quick")
    answered(page)
    site.seed("history", conversation_id(page), "300")
    page.reload()
    articles = page.locator("article")
    expect(articles).to_have_count(50)
    log = page.get_by_role("log")
    assert log.evaluate(AT_END)
    # Half way up, more is asked for; what is being looked at stays where it is.
    where = log.evaluate(
        """async (log) => {
            const shown = document.querySelectorAll('article')[3];
            shown.scrollIntoView();
            const before = shown.getBoundingClientRect().top;
            const end = Date.now() + 20000;
            while (document.querySelectorAll('article').length === 50 && Date.now() < end)
                await new Promise(requestAnimationFrame);
            await new Promise(requestAnimationFrame);
            await new Promise(requestAnimationFrame);
            return [before, shown.getBoundingClientRect().top];
        }"""
    )
    assert abs(where[0] - where[1]) <= 1
    for _ in range(12):
        log.evaluate("log => { log.scrollTop = 0; }")
        if articles.count() == 302:
            break
        page.wait_for_timeout(200)
    expect(articles).to_have_count(302)
    expect(text_of(articles.first)).to_have_text("quick")
    expect(page.get_by_text("Loading earlier messages…")).to_be_hidden()
    texts = text_of(articles).evaluate_all("all => all.slice(2).map((one) => one.textContent.split('.')[0])")
    assert texts == [f"Message {number}" for number in range(300)]
    page.reload()
    expect(articles).to_have_count(50)
