"""The site as a test sees it: where it is, how to steer its model, and what people do on its page."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass
class Site:
    """The running server and its model's folder."""

    url: str
    folder: Path
    environment: dict[str, str]

    def model(self, status: dict[str, object] | None) -> None:
        """What the model reports; None: ready."""
        path = self.folder / "play" / "model.json"
        if status is None:
            path.unlink(missing_ok=True)
        else:
            path.write_text(json.dumps(status))

    def open_gate(self) -> None:
        """Answers that stand at their middle go on."""
        (self.folder / "play" / "open").touch()

    def close_gate(self) -> None:
        """Answers to "gate" stop at their middle again."""
        (self.folder / "play" / "open").unlink(missing_ok=True)

    def seed(self, *words: str) -> None:
        """Run tests/browser/seed.py."""
        command = [sys.executable, "-m", "tests.browser.seed", *words]
        subprocess.run(command, cwd=ROOT, env=self.environment, check=True)


def composer(page: Page) -> Locator:
    return page.get_by_role("textbox", name=re.compile("^(Your message|您的消息)$"))


def ask(page: Page, text: str) -> None:
    """Type a question and press Enter."""
    composer(page).fill(text)
    composer(page).press("Enter")


def answers(page: Page) -> Locator:
    return page.locator("article[data-role=assistant]")


def questions(page: Page) -> Locator:
    return page.locator("article[data-role=user]")


def text_of(message: Locator) -> Locator:
    return message.locator("[data-part=text]")


def button(scope: Page | Locator, name: str) -> Locator:
    return scope.get_by_role("button", name=name, exact=True)


def answered(page: Page, status: str = "complete") -> Locator:
    """The last answer, once it has ended so."""
    last = answers(page).last
    expect(last).to_have_attribute("data-status", status)
    return last


def conversation_id(page: Page) -> str:
    expect(page).to_have_url(re.compile("/c/[0-9a-f-]{36}/$"))
    return page.url.rstrip("/").rpartition("/")[2]


def transcript(page: Page) -> list[list[str]]:
    """Who said what and how it ended, off-screen messages included."""
    return page.locator("article").evaluate_all(
        "all => all.map((one) => [one.dataset.role, one.dataset.status, one.dataset.messageId,"
        " one.querySelector('[data-part=text]').textContent])"
    )
