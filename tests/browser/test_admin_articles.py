"""The editor's pages in a browser: writing, the preview in a tab of its own, files; axe finds nothing in our part.

Nothing is published here: the questions to start with, which other tests look at, come from what is.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.test_admin import keys, sign_in, violations  # noqa: F401 - the fixture makes the superuser

LIST = "/admin/knowledge/article/"
FILE = "slug,state,question_en,answer_en\nby_file,draft,From a file?,Yes.\n"
BROKEN = "slug,state,question_en,answer_en,patterns\nby_file,open,Q,,\nb d,draft,Q,A,(a+)+\n"


def write(page: Page, slug: str) -> None:
    page.goto(f"{LIST}add/")
    page.fill("#id_slug", slug)
    page.fill("#id_question_en", "How old?")
    page.fill("#id_answer_en", "**Eighteen.** <img src=x onerror=alert(1)>")
    page.fill("#id_keywords", "age = 2")


def choose(page: Page, text: str) -> None:
    page.set_input_files("input[type=file]", {"name": "a.csv", "mimeType": "text/csv", "buffer": text.encode()})
    page.get_by_role("button", name="Show what it would change").click()


def test_a_draft_is_previewed_saved_and_compared(visitor: Callable[..., BrowserContext], keys: list[str]):  # noqa: F811
    context = visitor()
    page = sign_in(context)
    write(page, "in_a_browser")
    with context.expect_page() as opened:
        page.get_by_role("button", name="Preview").click()
    expect(opened.value.locator(".dl-markdown strong")).to_have_text("Eighteen.")
    expect(opened.value.locator(".dl-markdown img")).to_have_count(0)
    opened.value.close()
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator(".messagelist")).to_contain_text("Revision 1 is stored as a draft.")
    page.fill("#id_answer_en", "**Nineteen.**")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Save draft").click()
    page.get_by_role("link", name="The draft 2 waits to be published.").click()
    expect(page.locator(".dl-lines ins").first).to_contain_text("Nineteen")


def test_a_file_is_looked_over_first(visitor: Callable[..., BrowserContext], keys: list[str]):  # noqa: F811
    page = sign_in(visitor())
    page.goto(f"{LIST}import/")
    choose(page, BROKEN)
    rows = page.locator(".dl-table tbody tr td:first-child")
    assert rows.all_inner_texts() == ["2", "2", "3", "3"]
    choose(page, FILE)
    page.get_by_role("button", name="Import all of it").click()
    expect(page.locator(".messagelist")).to_contain_text("1 article was imported.")
    expect(page.get_by_role("link", name="From a file?")).to_be_visible()


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1440)])
def test_axe_finds_nothing_in_our_part(
    visitor: Callable[..., BrowserContext],
    keys: list[str],  # noqa: F811
    scheme: str,
    width: int,
):
    page = sign_in(visitor(color_scheme=scheme, viewport={"width": width, "height": 900}))
    write(page, f"axe_{width}")
    assert violations(page, ".dl-fieldsets") + violations(page, ".dl-submit") == []
    visitor.complaints.clear()  # type: ignore[attr-defined] # axe tries a style on the fields of a form
    page.get_by_role("button", name="Save draft").click()
    address = page.url.replace("change/", "")
    for path in (f"{address}history/", f"{address}revisions/1/", f"{LIST}import/"):
        page.goto(path)
        page.evaluate("document.querySelectorAll('.dl-page details').forEach(part => part.open = true)")
        assert (path, violations(page, ".dl-page")) == (path, [])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    choose(page, FILE.replace("by_file", f"file_{width}"))
    assert violations(page, ".dl-page") == []
