"""Lost, blocked and refused connections: the page says so, loses nothing, and comes back."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.backend import LONG, SHORT
from tests.browser.site import Site, answered, answers, ask, button, composer, questions, text_of

BLOCKED = """
window.WebSocket = class extends EventTarget {
    constructor() { super(); setTimeout(() => this.onclose?.({code: 1006})); }
    close() {} send() {}
};
"""
DROPPABLE = """
const Real = window.WebSocket;
window.sockets = [];
window.WebSocket = class extends Real {
    constructor(url) {
        if (window.down) throw new Error('down');
        super(url);
        window.sockets.push(this);
    }
};
"""


def blocked(visitor: Callable[..., BrowserContext]) -> Page:
    context = visitor()
    context.add_init_script(BLOCKED)
    page = context.new_page()
    page.goto("/")
    return page


def test_without_a_websocket_it_polls_and_says_so(site: Site, visitor: Callable[..., BrowserContext]):
    page = blocked(visitor)
    ask(page, "gate")
    expect(text_of(answers(page).last)).to_contain_text("sentence number 8")
    expect(page.locator("#status")).to_contain_text("Live updates are blocked on this network")
    site.open_gate()
    answered(page)
    expect(text_of(answers(page).last)).to_have_text(LONG[:900])
    site.close_gate()
    ask(page, "gate")
    expect(answers(page)).to_have_count(2)
    button(page, "Stop").click()
    answered(page, "stopped")
    button(answers(page).first, "Good answer").click()
    expect(answers(page).first.locator(".thanks")).to_have_text("Thanks")
    page.reload()
    expect(button(answers(page).first, "Good answer")).to_have_attribute("aria-pressed", "true")
    expect(answers(page)).to_have_count(2)


def test_a_dropped_connection_comes_back_with_every_word(site: Site, visitor: Callable[..., BrowserContext]):
    context = visitor()
    context.add_init_script(DROPPABLE)
    page = context.new_page()
    page.goto("/")
    ask(page, "gate")
    expect(text_of(answers(page).last)).to_contain_text("sentence number 3")
    page.evaluate("() => { window.down = true; window.sockets.at(-1).close(); }")
    expect(page.locator("#status")).to_contain_text("the answer goes on and will appear here")
    site.open_gate()
    page.evaluate("() => { window.down = false; }")
    answered(page)
    expect(text_of(answers(page).last)).to_have_text(LONG[:900])
    expect(page.locator("#status")).to_be_hidden()


def test_what_is_sent_while_the_line_is_down_goes_out_once(visitor: Callable[..., BrowserContext]):
    context = visitor()
    context.add_init_script(DROPPABLE)
    page = context.new_page()
    page.goto("/")
    ask(page, "quick")
    answered(page)
    page.evaluate("() => { window.down = true; window.sockets.at(-1).close(); }")
    expect(page.locator("#status")).to_contain_text("The connection dropped")
    ask(page, "where is my card?")
    expect(questions(page)).to_have_count(2)
    page.evaluate("() => { window.down = false; }")
    expect(answers(page)).to_have_count(2)
    answered(page)
    expect(text_of(answers(page).last)).to_have_text(SHORT)
    page.reload()
    expect(questions(page)).to_have_count(2)
    expect(composer(page)).to_have_value("")


def test_a_message_on_its_way_survives_a_reload(visitor: Callable[..., BrowserContext]):
    context = visitor()
    context.add_init_script(DROPPABLE)
    page = context.new_page()
    page.goto("/")
    ask(page, "quick")
    answered(page)
    page.evaluate("() => { window.down = true; window.sockets.at(-1).close(); }")
    page.route("**/command/", lambda route: route.abort())
    ask(page, "quick again")
    expect(questions(page)).to_have_count(2)
    page.unroute("**/command/")
    page.reload()
    expect(answers(page)).to_have_count(2)
    expect(questions(page)).to_have_count(2)
    visitor.complaints.clear()  # the browser's own lines about failed requests


def test_a_half_open_socket_is_noticed_and_replaced(page: Page):
    """The module by itself, with sockets that swallow everything and times of its own."""
    seen = page.evaluate(
        """async () => {
            const made = [];
            const Real = window.WebSocket;
            window.WebSocket = class {
                static OPEN = 1;
                constructor() { this.readyState = 1; this.sent = []; made.push(this); setTimeout(() => this.onopen()); }
                send(text) { this.sent.push(JSON.parse(text).type); }
                close() { this.closed = true; }
                say(event) { this.onmessage({data: JSON.stringify(event)}); }
            };
            const { Connection } = await import('/static/chat/connection.js');
            const snapshot = {type: 'snapshot', conversation: {}, messages: [], running: 'r', has_older: false};
            const modes = [];
            const link = {id: 'half-open', url: '/nowhere/', socketUrl: 'ws://x', position: () => ({}),
                          busy: () => true, onEvent: () => {}, onMode: (mode) => modes.push(mode)};
            const connection = new Connection(link, {quietMs: 40, probeMs: 40, firstDelayMs: 10});
            connection.start();
            const until = async (test) => { while (!test()) await new Promise((done) => setTimeout(done, 5)); };
            await until(() => made.length === 1 && made[0].onmessage);
            await new Promise((done) => setTimeout(done, 5));
            made[0].say(snapshot);
            await until(() => made.length === 2);
            await new Promise((done) => setTimeout(done, 5));
            made[1].say(snapshot);
            connection.stop();
            window.WebSocket = Real;
            return {asked: made[0].sent, closed: made[0].closed, modes};
        }"""
    )
    assert seen == {"asked": ["sync"], "closed": True, "modes": ["open", "reconnecting", "open"]}


def test_a_deleted_conversation_says_so_in_the_other_tab(page: Page):
    ask(page, "quick")
    answered(page)
    other = page.context.new_page()
    other.goto(page.url)
    answered(other)
    page.locator("#conversations li").first.hover()
    page.get_by_role("button", name="Options for “quick”").click()
    button(page, "Delete").click()
    expect(other.locator("#status")).to_contain_text("cannot be opened any more")
