"""The report of an evaluation as people open it: a file, with no server behind it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import translation
from playwright.sync_api import Browser, expect

from inference.evaluating import Question, sample, summarise
from inference.management import evaluation_page
from tests.browser.test_axe import clean
from tests.inference.evaluating.answering import PIN, abstains, cites, made

ASKED = [Question(f"Where is card {n}?", "cardarrival", "en") for n in range(30)]
OTHERS = [Question("我的卡呢？<script>alert(1)</script>", "pin_blocked", "zh-hans"), Question("Who won?", "oos", "en")]
GIVEN = [*[cites("card-arrival", confidence=n / 30, total_ms=float(n + 1)) for n in range(30)]]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    wrong = [cites("pin_blocked", PIN, 0.5, total_ms=200.0)] * 10
    run = made(
        [*ASKED, *OTHERS], {"rules": [*GIVEN, *[abstains()] * 2], "gpt2": [*wrong, *GIVEN[10:], *[cites("")] * 2]}
    )
    summary = {"file": "questions.csv", "seed": 0, "facts": {}, **summarise(run)}
    path = tmp_path_factory.mktemp("report") / "report.html"
    with translation.override("en"):
        path.write_text(evaluation_page.render(run, summary, sample(run, 5, 0)), encoding="utf-8")
    return path


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_it_reads_well_on_a_desk_and_on_a_phone(chromium: Browser, report: Path, width: int, scheme: str):
    page = chromium.new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    page.locator("#topics a").first.click()
    page.locator("details:target > summary").click()
    expect(page.locator("details:target")).to_contain_text("Expected:")
    assert asked == [report.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("svg[role=img]").count() == 2
    clean(page, f"the report, {width} pixels wide, {scheme}")
    page.close()
