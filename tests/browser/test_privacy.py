"""A visitor's own data: found from the chat, taken along, deleted; axe finds nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, expect

from tests.browser.site import answered, ask

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.mark.parametrize("settings", [{}, {"color_scheme": "dark", "locale": "zh-CN", **PHONE}], ids=["desk", "phone"])
def test_from_the_chat_to_the_download_and_to_the_end(
    visitor: Callable[..., BrowserContext], settings: dict, tmp_path: Path
) -> None:
    page = visitor(bypass_csp=True, reduced_motion="reduce", **settings).new_page()
    page.goto("/")
    ask(page, "quick")
    answered(page)
    if settings:
        page.locator("#menu").click()
    page.locator("a[href='/privacy/']").click()
    assert Axe().run(page).response["violations"] == []
    with page.expect_download() as download:
        page.locator("a[download]").click()
    download.value.save_as(tmp_path / "mine.json")
    found = json.loads((tmp_path / "mine.json").read_text(encoding="utf-8"))
    assert [row["messages"][0]["text"] for row in found["conversations"]] == ["quick"]
    page.locator("main button").click()  # the browser asks for the tick first
    expect(page.locator("main form")).to_be_visible()
    page.locator("input[name=sure]").check()
    page.locator("main button").click()
    expect(page.get_by_role("status")).to_be_visible()
    expect(page.locator("main form")).to_have_count(0)
    assert Axe().run(page).response["violations"] == []
    page.goto("/")
    expect(page.locator("#conversations li")).to_have_count(0)
