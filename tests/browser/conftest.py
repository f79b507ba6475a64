"""A real Daphne on a database of its own, and Debian's Chromium. Without Chromium these tests fail, never skip."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.browser.site import ROOT, Site
from tests.databases import empty_database

CHROMIUM = "/usr/bin/chromium"
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
START_S = 60
PATIENCE_MS = 20_000  # nothing here measures time; a busy machine is slow


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(autouse=True)
def _no_counts_from_other_tests() -> None:
    """The server has a cache of its own; this process needs none."""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The running site."""
    folder = tmp_path_factory.mktemp("site")
    database = empty_database(folder)
    environment = _environment(folder, database.url)
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
    port = _free_port()
    command = [sys.executable, "-m", "daphne", "-p", str(port), "chatsite.asgi:application"]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            _wait(f"http://127.0.0.1:{port}/healthz", server, folder / "server.log")
            yield Site(f"http://127.0.0.1:{port}", folder, environment)
        finally:
            server.terminate()
            server.wait(20)
            database.drop()


@pytest.fixture(autouse=True)
def _model_as_usual(site: Site) -> Iterator[None]:
    yield
    site.close_gate()
    site.model(None)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """One browser; every test has a context, that is a visitor, of its own."""
    if not Path(CHROMIUM).exists():
        pytest.fail(f"The browser tests need Debian's Chromium at {CHROMIUM}: apt-get install chromium")
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
    yield browser
    browser.close()


@pytest.fixture
def visitor(site: Site, chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes contexts (visitors); fails the test if one of their pages complains, of the CSP for example."""
    with contextlib.ExitStack() as stack:
        complaints: list[str] = []

        def make(**options: object) -> BrowserContext:
            settings = {"base_url": site.url, "locale": "en-GB", "viewport": {"width": 1280, "height": 800}, **options}
            context = chromium.new_context(**settings)  # type: ignore[arg-type]
            context.set_default_timeout(PATIENCE_MS)
            context.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
            context.on("weberror", lambda error: complaints.append(str(error.error)))
            stack.callback(context.close)
            return context

        make.complaints = complaints  # type: ignore[attr-defined]
        yield make
    assert complaints == []


@pytest.fixture
def page(visitor: Callable[..., BrowserContext]) -> Page:
    """A new visitor's empty page."""
    page = visitor().new_page()
    page.goto("/")
    return page


def _environment(folder: Path, database: str) -> dict[str, str]:
    play = folder / "play"
    play.mkdir()
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.browser.settings",
        "DATABASE_URL": database,
        "DUOLOGUE_DATA_DIR": str(folder),
        "DUOLOGUE_PLAY": str(play),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url) as response:
            if response.status == 200:
                return
        time.sleep(0.2)
    pytest.fail(f"The server did not start:\n{log.read_text()[-3000:]}")
