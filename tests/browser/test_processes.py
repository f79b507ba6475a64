"""Two processes behind the shipped nginx, seen from a page: one dies, both restart, what is behind them restarts."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.site import answered, answers, ask, button, composer, text_of
from tests.e2e.cluster import Cluster, running_cluster
from tests.e2e.proxying import Proxy, proxied
from tests.e2e.test_serve import whole_answer

PRODUCTION = {"DJANGO_HTTPS": "1", "DJANGO_TRUSTED_PROXY": "1", "DJANGO_ALLOWED_HOSTS": "localhost,127.0.0.1"}
QUESTION = "Tell me a lot"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with running_cluster(folder, **PRODUCTION, DUOLOGUE_DRAIN_S="0", E2E_EVERY_S="0.06") as cluster:
        yield cluster


@pytest.fixture(scope="module")
def address(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The one address of both."""
    second = {"127.0.0.1:8002": f"127.0.0.1:{cluster.there.port}"}
    with proxied(tmp_path_factory.mktemp("nginx"), cluster.here.port, second) as proxy:
        yield proxy


@pytest.fixture
def page(address: Proxy, chromium: Browser) -> Iterator[Page]:
    """A new visitor's page. Its console may complain: connections do break here."""
    context = chromium.new_context(base_url=address.url, locale="en-GB", ignore_https_errors=True)
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto("/")
    yield page
    context.close()


def reading(page: Page) -> str:
    """Ask, and wait for the first words of the answer; its id."""
    ask(page, QUESTION)
    expect(text_of(answers(page).last)).to_contain_text("word3")
    return str(answers(page).last.get_attribute("data-message-id"))


def expect_whole(page: Page) -> None:
    """One question and one answer with every word, once."""
    expect(text_of(answered(page))).to_have_text(" ".join(whole_answer().split()), use_inner_text=True)
    expect(page.locator("article")).to_have_count(2)


def test_the_answer_of_a_killed_process_is_kept_and_continued_elsewhere(cluster: Cluster, page: Page):
    writer = cluster.writer(reading(page))
    shown = str(text_of(answers(page).last).text_content())
    writer.end()
    last = answered(page, "interrupted")
    assert str(text_of(last).text_content()).startswith(shown.strip())
    button(last, "Continue").click()
    expect_whole(page)
    writer.start()


def restart_both(cluster: Cluster) -> None:
    for member in cluster.members:
        assert member.end(signal.SIGTERM) == 0
        member.start()


def restart_redis(cluster: Cluster) -> None:
    cluster.redis.restart()


def restart_postgres(cluster: Cluster) -> None:
    cluster.postgres.restart()


@pytest.mark.parametrize("restart", [restart_both, restart_redis, restart_postgres])
def test_a_restart_of_anything_is_not_seen_in_the_answer(
    cluster: Cluster, page: Page, restart: Callable[[Cluster], None]
):
    reading(page)
    restart(cluster)
    expect_whole(page)
    expect(composer(page)).to_be_enabled()


def test_questions_to_processes_that_end_are_answered_by_the_next(cluster: Cluster, page: Page):
    for number, member in enumerate(cluster.members, start=1):
        member.signal(signal.SIGTERM)
        ask(page, QUESTION)
        expect(answers(page)).to_have_count(number)
        answered(page)
        assert member.ended() == 0
        member.start()
    expect(page.locator("article")).to_have_count(4)
