"""static/chat/store.js as a model: whatever happens to the events, the page is never wrong, and one snapshot makes
it equal to a page that has just loaded. Runs in the page, by importing the module; seeded, so it repeats.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

CHECK = (Path(__file__).parent / "store_model.js").read_text()

STORY = """
async (events) => {
    const { initialState, isBusy, reduce, rows } = await import('/static/chat/store.js');
    const state = events.reduce(reduce, initialState({conversation: null, model: null}));
    return {texts: rows(state).map((row) => row.text), busy: isBusy(state), sync: state.needsSync,
            notice: state.notice, running: state.running, older: state.hasOlder};
}
"""


def message(identity: str, parent: str | None, **fields: object) -> dict[str, object]:
    role = "user" if identity.startswith("u") else "assistant"
    blank = {"seq": 0, "text": identity, "html": None, "client_id": "", "status": "complete", "feedback": None}
    rest = {"lang": "en", "detail": "", "sources": [], "versions": {"ids": [identity], "index": 0}}
    return {"id": identity, "parent": parent, "role": role, **blank, **rest, **fields}


def snapshot(*messages: dict[str, object], running: str | None = None, older: bool = False) -> dict[str, object]:
    head = {"type": "snapshot", "conversation": {"id": "c"}, "model": None}
    return {**head, "messages": list(messages), "running": running, "has_older": older}


def test_four_hundred_lives_with_a_bad_line_all_end_in_the_truth(page: Page):
    assert page.evaluate(CHECK) == []


def test_a_gap_asks_for_the_truth_and_adds_nothing(page: Page):
    start = snapshot(message("u1", None), message("a1", "u1", text="", status="streaming"), running="a1")
    gap = {"type": "reply.delta", "message_id": "a1", "seq": 2, "text": "lost"}
    seen = page.evaluate(STORY, [start, gap])
    assert (seen["texts"], seen["sync"]) == (["u1", ""], True)


def test_the_whole_text_replaces_what_is_there(page: Page):
    start = snapshot(message("u1", None), message("a1", "u1", text="one", seq=1, status="streaming"), running="a1")
    whole = {"type": "reply.text", "message_id": "a1", "seq": 7, "text": "one two"}
    old = {"type": "reply.text", "message_id": "a1", "seq": 3, "text": "one t"}
    seen = page.evaluate(STORY, [start, whole, old])
    assert (seen["texts"], seen["sync"]) == (["u1", "one two"], False)


def test_a_refused_message_leaves_and_its_text_is_handed_back(page: Page):
    typed = {"type": "local.pending", "client_id": "k", "text": "typed"}
    refusal = {"type": "error", "code": "rate_limited", "detail": "Wait.", "client_id": "k", "retry_after_s": 9}
    assert page.evaluate(STORY, [typed])["texts"] == ["typed"]
    seen = page.evaluate(STORY, [typed, refusal])
    assert (seen["texts"], seen["busy"], seen["notice"]["text"]) == ([], False, "typed")


def test_a_pending_edit_hides_what_it_replaces(page: Page):
    start = snapshot(message("u1", None), message("a1", "u1"), message("u2", "a1"), message("a2", "u2"))
    typed = {"type": "local.pending", "client_id": "k", "text": "better", "edit_of": "u2"}
    assert page.evaluate(STORY, [start, typed])["texts"] == ["u1", "a1", "better"]


def test_loaded_history_outlives_a_snapshot(page: Page):
    start = snapshot(message("u2", "a1"), message("a2", "u2"), older=True)
    history = {"type": "history", "messages": [message("u1", None), message("a1", "u1")], "has_older": False}
    seen = page.evaluate(STORY, [start, history, history, start])
    assert (seen["texts"], seen["older"]) == (["u1", "a1", "u2", "a2"], False)


def test_news_of_an_unknown_message_asks_once(page: Page):
    start = snapshot(message("u1", None), message("a1", "u1"))
    news = {"type": "reply.delta", "message_id": "elsewhere", "seq": 1, "text": "x"}
    assert page.evaluate(STORY, [start, news])["sync"] is True
    assert page.evaluate(STORY, [start, news, start, news])["sync"] is False


def test_an_end_from_before_a_continue_is_old_news(page: Page):
    start = snapshot(message("u1", None), message("a1", "u1", text="one", seq=1, status="stopped"))
    resumed = {"type": "reply.resumed", "message_id": "a1", "status": "streaming", "seq": 1}
    more = {"type": "reply.delta", "message_id": "a1", "seq": 2, "text": " two"}
    end = {
        "type": "reply.done",
        "message_id": "a1",
        "status": "stopped",
        "seq": 1,
        "text": "one",
        "html": "",
        "detail": "",
    }
    seen = page.evaluate(STORY, [start, resumed, more, {**end, "sources": []}])
    assert (seen["texts"], seen["running"], seen["sync"]) == (["u1", "one two"], "a1", False)
